"""The facts the engine knows of customers and accounts: one table that rules, emails, intake and docs share.

Text compares by its key (`text_key`), money is an integer of minor units, a `date` is a calendar day without a zone
(ISO text in the database), a `time` is an instant (microseconds UTC in the database).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class FactType(StrEnum):
    """What kind of value a fact holds."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    URL = "url"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One fact: `path` is what rules and emails write, `column` where a built-in one is stored."""

    path: str
    type: FactType
    english: str
    column: str | None = None
    always: bool = False

    @property
    def subject(self) -> str:
        """`customer` or `account`."""
        return self.path.partition(".")[0]

    @property
    def name(self) -> str:
        """The part after the dot."""
        return self.path.partition(".")[2]


def _fact(path: str, type_: FactType, english: str, *, always: bool = False) -> Fact:
    return Fact(path=path, type=type_, english=english, column=path.partition(".")[2], always=always)


_T = FactType
BUILT_IN: dict[str, Fact] = {
    fact.path: fact
    for fact in (
        _fact("customer.id", _T.TEXT, "the product's own id of the customer", always=True),
        _fact("customer.email", _T.TEXT, "where mail goes", always=True),
        _fact("customer.first_name", _T.TEXT, "first name"),
        _fact("customer.last_name", _T.TEXT, "last name"),
        _fact("customer.locale", _T.TEXT, "language and region, such as sv or en-GB"),
        _fact("customer.time_zone", _T.TEXT, "IANA time zone, such as Europe/Stockholm"),
        _fact("customer.signed_up_at", _T.TIME, "when the customer signed up"),
        _fact("customer.last_seen_at", _T.TIME, "when the customer last did anything (kept by the engine)"),
        _fact("account.id", _T.TEXT, "the product's own id of the account"),
        _fact("account.name", _T.TEXT, "the company's name"),
        _fact("account.status", _T.TEXT, "trialing, active, past due, cancelled, or the product's own word"),
        _fact("account.plan", _T.TEXT, "what is paid for"),
        _fact("account.amount", _T.MONEY, "what a period costs, in minor units of the currency"),
        _fact("account.currency", _T.TEXT, "ISO 4217 code"),
        _fact("account.subscribed_on", _T.DATE, "the day the subscription began"),
        _fact("account.renews_on", _T.DATE, "the day of the next renewal"),
        _fact("account.renewals", _T.NUMBER, "renewals so far"),
        _fact("account.card_expires_on", _T.DATE, "the last day the card is good (cards end with their month)"),
        _fact("account.seats", _T.NUMBER, "seats paid for"),
        _fact("account.time_zone", _T.TEXT, "IANA time zone"),
        _fact("account.locale", _T.TEXT, "language and region"),
    )
}


@dataclass(frozen=True, kw_only=True)
class Trait:
    """A fact the company declared itself in `traits.yaml`."""

    subject: str
    name: str
    type: FactType
    description: str = ""

    @property
    def fact(self) -> Fact:
        """The trait as rules and emails see it."""
        return Fact(path=f"{self.subject}.{self.name}", type=self.type, english=self.description or self.name)


def known_facts(traits: tuple[Trait, ...] = ()) -> dict[str, Fact]:
    """Return every fact by its path, the built-in ones first."""
    return BUILT_IN | {trait.fact.path: trait.fact for trait in traits}


def text_key(text: str) -> str:
    """Return the form in which texts are compared: NFC, case-folded, outer blanks dropped."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).strip()
