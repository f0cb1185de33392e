"""Embedding: text to vectors."""
