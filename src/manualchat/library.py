"""The façade: PDFs in, cited answers out."""
