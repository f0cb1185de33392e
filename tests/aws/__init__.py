"""The AWS half, tested against doubles that live here."""
