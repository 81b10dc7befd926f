"""Lifecycle email automation in files and git."""

__version__ = "0.1.0"
