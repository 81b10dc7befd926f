"""Stored history lived again: events and changes of facts go through the intake into a scratch database, in time."""

from engine.simulate.replay.assumptions import Assumed
from engine.simulate.replay.replay import Replay, Replayed

__all__ = ["Assumed", "Replay", "Replayed"]
