"""Reading: PDF bytes to pages."""
