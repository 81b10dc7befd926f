"""The preview as a page of this machine: every email wide, on a phone, in the dark and as text, while it is written."""

from engine.web.preview.server import Served, serve

__all__ = ["Served", "serve"]
