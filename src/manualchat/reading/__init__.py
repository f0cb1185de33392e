"""Reading: PDF bytes to pages."""

from manualchat.reading.pdf import PdfReader, read_page_image

__all__ = ["PdfReader", "read_page_image"]
