"""What people said yes or no to: a log with time, source and wording, and the suppressions that follow from it."""

from engine.consent.answers import Answers, answers_of
from engine.consent.log import SOURCE, UNSUBSCRIBED, Said, State, concerned, latest, record, say
from engine.consent.tell import tell
from engine.policy import ALL_MARKETING

__all__ = [
    "ALL_MARKETING",
    "SOURCE",
    "UNSUBSCRIBED",
    "Answers",
    "Said",
    "State",
    "answers_of",
    "concerned",
    "latest",
    "record",
    "say",
    "tell",
]
