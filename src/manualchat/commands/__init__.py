"""The commands of the terminal, one module a subject, each command a few lines."""
