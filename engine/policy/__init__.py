"""May this mail leave now, never, or later? Ordered tables of small functions that name a reason or say nothing."""

from engine.policy.delays import DELAYS, Cap, Delay, Quiet, Wait, delay
from engine.policy.refusals import (
    ALL_MARKETING,
    ANY_TOPIC,
    MARKETING_WAITS,
    POLICIES,
    Cancel,
    Case,
    Expire,
    Skip,
    Verdict,
    among,
    ascii_address,
    judge,
)

__all__ = [
    "ALL_MARKETING",
    "ANY_TOPIC",
    "DELAYS",
    "MARKETING_WAITS",
    "POLICIES",
    "Cancel",
    "Cap",
    "Case",
    "Delay",
    "Expire",
    "Quiet",
    "Skip",
    "Verdict",
    "Wait",
    "among",
    "ascii_address",
    "delay",
    "judge",
]
