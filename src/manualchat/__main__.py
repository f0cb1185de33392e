"""`python -m manualchat` is the command."""

from manualchat.cli import main

main()
