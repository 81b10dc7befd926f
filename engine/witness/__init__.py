"""What notices that a database was restored: a small file outside it that knows how much was written."""

from engine.witness.restoration import Span, declare, last_known, spans
from engine.witness.slot import Slot, kept, take
from engine.witness.witness import Restored, Witness, ahead, opened

__all__ = [
    "Restored",
    "Slot",
    "Span",
    "Witness",
    "ahead",
    "declare",
    "kept",
    "last_known",
    "opened",
    "spans",
    "take",
]
