"""Holds compiled emails against the rules that send them: what passes cannot fail when it is sent."""

from engine.rendering.checking.check import check
from engine.rendering.checking.uses import Use

__all__ = ["Use", "check"]
