"""The stage that sends: what is due is rendered, claimed, handed to the provider and settled."""

from engine.dispatch.dispatcher import Dispatcher, run_once
from engine.dispatch.report import Report
from engine.dispatch.sender import Signal

__all__ = ["Dispatcher", "Report", "Signal", "run_once"]
