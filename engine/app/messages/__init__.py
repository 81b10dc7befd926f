"""The outbox as an operator asks for it and decides about it."""

from engine.app.messages.asking import Asked, ask_records
from engine.app.messages.choosing import Chosen
from engine.app.messages.deciding import Meant, decide, meant
from engine.app.messages.listing import Listed, Shown, listed, shown

__all__ = ["Asked", "Chosen", "Listed", "Meant", "Shown", "ask_records", "decide", "listed", "meant", "shown"]
