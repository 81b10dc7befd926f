"""Emails as readers would get them: from the files as they are now, for a sample or a stored customer."""

from engine.app.preview.desk import Desk, Moment, lay_out
from engine.app.preview.leaving import send, write
from engine.app.preview.people import Somebody, search
from engine.app.preview.showing import Preview, Wish, preview, show

__all__ = ["Desk", "Moment", "Preview", "Somebody", "Wish", "lay_out", "preview", "search", "send", "show", "write"]
