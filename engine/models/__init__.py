"""The tables, without behaviour."""

from engine.models.account import Account, AccountMember
from engine.models.customer import Customer, Erased, FactChange, Identity, Trait, Zone
from engine.models.enrollment import Enrollment, Membership
from engine.models.event import Absence, Event, EventDaily, EventTotal
from engine.models.feedback import Consent, Feedback, ProviderEvent, Suppression
from engine.models.message import Message, MessageContent, Recipient, Worker
from engine.models.release import Audit, Lane, Release, RuleState
from engine.models.witness import Installation, Restoration, Witness

__all__ = [
    "Absence",
    "Account",
    "AccountMember",
    "Audit",
    "Consent",
    "Customer",
    "Enrollment",
    "Erased",
    "Event",
    "EventDaily",
    "EventTotal",
    "FactChange",
    "Feedback",
    "Identity",
    "Installation",
    "Lane",
    "Membership",
    "Message",
    "MessageContent",
    "ProviderEvent",
    "Recipient",
    "Release",
    "Restoration",
    "RuleState",
    "Suppression",
    "Trait",
    "Witness",
    "Worker",
    "Zone",
]
