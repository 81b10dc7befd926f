"""Feedback: what providers tell of mail they took, landed as it came, understood once, and acted upon."""

from engine.feedback.bounces import Bounces
from engine.feedback.heard import Kind
from engine.feedback.landing import Raw, content_id, land, storable, usable_id
from engine.feedback.report import Report
from engine.feedback.stage import run_once
from engine.feedback.unknown import UNKNOWN

__all__ = ["UNKNOWN", "Bounces", "Kind", "Raw", "Report", "content_id", "land", "run_once", "storable", "usable_id"]
