"""What each kind of file may say: one table from which the mapping, the parsing and the documentation are made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine import values as v
from engine.intake.cards import card_end


class Kind(StrEnum):
    """What the rows of a file are about."""

    CUSTOMERS = "customers"
    ACCOUNTS = "accounts"
    MEMBERS = "members"
    EVENTS = "events"
    CONSENTS = "consents"
    SUPPRESSIONS = "suppressions"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field a column may be mapped to; `fact` is what it sets where that has another name."""

    name: str
    parse: v.Parser
    accepts: str
    required: bool = False
    fact: str = ""

    @property
    def sets(self) -> str:
        """The fact or part of the row this field sets."""
        return self.fact or self.name


def _field(name: str, parse: v.Parser, accepts: str, *, required: bool = False, fact: str = "") -> Field:
    return Field(name=name, parse=parse, accepts=accepts, required=required, fact=fact)


_ID = f"a text of at most {v.ID_LIMIT} characters that is not an address"
_TEXT = f"a text of at most {v.TEXT_LIMIT:,} characters"
_MOMENT = (
    "`2026-03-15T09:30:00Z`, `2026-03-15 09:30:00+01`, `2026-03-15 09:30` (the zone's time), `2026-03-15` (midnight)"
)
_DAY = "`2026-03-15`"
_WHOLE = "a whole number, `12` or `12.0`"
_ZONE = "a name of the IANA list, `Europe/Stockholm`"
_LOCALE = "a language, with or without a region: `sv`, `en-GB`, `en_GB`"

UPDATED_AT = _field(
    "updated_at", v.moment, f"from when the row's facts hold: {_MOMENT}; without it, the time of the import"
)

_CUSTOMER = (
    _field("id", v.identifier, _ID, required=True),
    _field("email", v.email, "an email address; its domain is not looked up"),
    _field("first_name", v.text, _TEXT),
    _field("last_name", v.text, _TEXT),
    _field("locale", v.locale, _LOCALE),
    _field("time_zone", v.zone, _ZONE),
    _field("signed_up_at", v.moment, _MOMENT),
    UPDATED_AT,
)
_ACCOUNT = (
    _field("id", v.identifier, _ID, required=True),
    _field("name", v.text, _TEXT),
    _field("status", v.text, f"{_TEXT}, such as `trialing`, `active`, `past due`, `cancelled`"),
    _field("plan", v.text, _TEXT),
    _field("amount", v.money, "a sum in the row's currency, `12.00`: stored as 1200 minor units"),
    _field("amount_minor", v.whole, "the sum in minor units, `1200`", fact="amount"),
    _field("currency", v.currency, "an ISO 4217 code, `EUR`"),
    _field("subscribed_on", v.day, _DAY),
    _field("renews_on", v.day, _DAY),
    _field("renewals", v.whole, _WHOLE),
    _field("card_expires_on", card_end, "`2026-03`, `03/26`, `03/2026`, `2026-03-15`: stored as the month's last day"),
    _field("seats", v.whole, _WHOLE),
    _field("time_zone", v.zone, _ZONE),
    _field("locale", v.locale, _LOCALE),
    UPDATED_AT,
)
_MEMBER = (
    _field("customer_id", v.identifier, _ID, required=True),
    _field("account_id", v.identifier, _ID, required=True),
    _field("role", v.word, "a text such as `owner`, `billing`, `member` (the default)"),
    _field("removed_at", v.moment, f"when the person left the account: {_MOMENT}"),
    _field("removed", v.boolean, "`true`: the person has left, at the time of the import; `false`: has not"),
)
_EVENT = (
    _field("customer_id", v.identifier, _ID, required=True),
    _field("at", v.moment, f"{_MOMENT}; a time in the future counts as the time of arrival", required=True),
    _field("name", v.word, f"what the customer did, at most {v.ID_LIMIT} characters (or --name for the whole file)"),
    _field("id", v.word, "the event's own id, unique for its customer; without one the row's content is its id"),
)
_CONSENT = (
    _field("customer_id", v.identifier, _ID, required=True),
    _field("topic", v.word, "a marketing topic; `*marketing` is all of them, those of tomorrow too", required=True),
    _field("state", v.answer, "`yes` or `no`", required=True),
    _field("at", v.moment, f"when it was said: {_MOMENT}", required=True),
    _field("source", v.word, "where it was said, such as `sign-up form`; without it `import`"),
    _field("wording", v.text, "the words that were shown; keep them, since consent is worth what can be shown of it"),
)
_SUPPRESSION = (
    _field("address", v.email, "an email address; its domain is not looked up", required=True),
    _field("topic", v.word, "a marketing topic, `*marketing` for all of them; without it, all mail"),
    _field("reason", v.word, "why, for whoever asks later; without it `imported`"),
    _field("at", v.moment, f"since when: {_MOMENT}; without it, the time of the import"),
)

FIELDS: dict[Kind, dict[str, Field]] = {
    kind: {field.name: field for field in fields}
    for kind, fields in (
        (Kind.CUSTOMERS, _CUSTOMER),
        (Kind.ACCOUNTS, _ACCOUNT),
        (Kind.MEMBERS, _MEMBER),
        (Kind.EVENTS, _EVENT),
        (Kind.CONSENTS, _CONSENT),
        (Kind.SUPPRESSIONS, _SUPPRESSION),
    )
}

KEPT = {
    (Kind.CUSTOMERS, "account_id"): "who is in which account is imported with `lifecycle import members`",
    (Kind.CUSTOMERS, "last_seen_at"): "it is kept from the events",
    (Kind.CUSTOMERS, "signed_up_on"): "it is kept from `signed_up_at`",
}
"""Names that the engine keeps itself, which no column may set, and where they come from."""
