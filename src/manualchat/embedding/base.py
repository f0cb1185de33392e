"""What an embedder is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from manualchat.model import Vector, Vectors


class Embedder(Protocol):
    """Turns text into unit vectors whose dot product says how near two meanings are."""

    @property
    def identity(self) -> str:
        """Model, version and whatever else changes the vectors: stored with the library."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        ...

    @property
    def tokens(self) -> int:
        """Tokens embedded so far by this object."""
        ...

    def passages(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, in order. Texts of any length.

        Raises ModelUnavailable, or a BackendError where the model is remote.
        """
        ...

    def query(self, text: str) -> Vector:
        """The unit vector of a question."""
        ...
