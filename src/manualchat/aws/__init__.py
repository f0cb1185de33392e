"""What `manualchat aws …` runs."""
