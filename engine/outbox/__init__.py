"""The outbox: messages from the ledger to their end; nothing else writes `message.status` (docs/lifecycle.md)."""

from engine.outbox.brakes import marketing_problems, start_lines
from engine.outbox.by_hand import Cancel, Decided, Order, Resolve, Retry, carry_out, foresee
from engine.outbox.claim import START_WITHIN, Claimed, Outgoing, claim
from engine.outbox.content import Prepared, prepare
from engine.outbox.counted import caps_over, longest
from engine.outbox.due import Candidate
from engine.outbox.enqueue import Enqueued, enqueue
from engine.outbox.erasing import erase
from engine.outbox.following import standing
from engine.outbox.hearing import hear
from engine.outbox.judging import Ask, Claimer
from engine.outbox.lanes import Lane, lanes, stopped, trouble
from engine.outbox.leases import SILENT_AFTER, Holder, beat, leave
from engine.outbox.letters import Instead, Letter, rewritten, written
from engine.outbox.live import replaced
from engine.outbox.restored import doubt, suspects, unknown_send_ids, watch
from engine.outbox.running import Library, Running
from engine.outbox.settle import Answered, reap, settle, unstarted
from engine.outbox.shared_clock import shared_now
from engine.outbox.states import FINAL, TRANSITIONS, Status
from engine.outbox.turn import Turned, turn

__all__ = [
    "FINAL",
    "SILENT_AFTER",
    "START_WITHIN",
    "TRANSITIONS",
    "Answered",
    "Ask",
    "Cancel",
    "Candidate",
    "Claimed",
    "Claimer",
    "Decided",
    "Enqueued",
    "Holder",
    "Instead",
    "Lane",
    "Letter",
    "Library",
    "Order",
    "Outgoing",
    "Prepared",
    "Resolve",
    "Retry",
    "Running",
    "Status",
    "Turned",
    "beat",
    "caps_over",
    "carry_out",
    "claim",
    "doubt",
    "enqueue",
    "erase",
    "foresee",
    "hear",
    "lanes",
    "leave",
    "longest",
    "marketing_problems",
    "prepare",
    "reap",
    "replaced",
    "rewritten",
    "settle",
    "shared_now",
    "standing",
    "start_lines",
    "stopped",
    "suspects",
    "trouble",
    "turn",
    "unknown_send_ids",
    "unstarted",
    "watch",
    "written",
]
