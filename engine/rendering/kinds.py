"""What kind of value an expression gives: the facts' types, lists, and what is not declared anywhere."""

from __future__ import annotations

from enum import StrEnum

from engine.facts import FactType


class Kind(StrEnum):
    """The kind of an expression's value; the first seven are the types of facts."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    URL = "url"
    LIST = "list"
    TABLE = "table"
    MIXED = "mixed"
    ANY = "any"

    @property
    def english(self) -> str:
        """The kind with its article."""
        return _ENGLISH[self]


_ENGLISH = {
    Kind.TEXT: "a text",
    Kind.NUMBER: "a number",
    Kind.MONEY: "an amount of money",
    Kind.BOOLEAN: "true or false",
    Kind.DATE: "a date",
    Kind.TIME: "a time",
    Kind.URL: "an address",
    Kind.LIST: "a list",
    Kind.TABLE: "a table of facts",
    Kind.MIXED: "now of one kind, now of another",
    Kind.ANY: "a value of no declared type",
}


def kind_of(type_: FactType) -> Kind:
    """Return the kind of a fact's type."""
    return Kind(type_.value)
