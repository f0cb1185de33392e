"""Stores: the ledger of documents and the index of their chunks."""
