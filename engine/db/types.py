"""Column types that behave alike on both databases (docs/decisions/0001)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from engine.clock import from_micros, to_micros


class Instant(sa.TypeDecorator[datetime]):
    """An aware UTC datetime, stored as BIGINT microseconds since 1970."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002 (signature)
        """Turn an aware datetime into microseconds."""
        return _micros(value)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 (signature)
        """Turn microseconds into an aware UTC datetime."""
        return _instant(value)

    def bind_processor(self, dialect: sa.Dialect) -> Any:  # noqa: ANN401, ARG002 (SQLAlchemy's own)
        """Return what turns each value: the same, without SQLAlchemy's wrapping, which takes longer than the work."""
        return _micros

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Any:  # noqa: ANN401, ARG002 (SQLAlchemy's own)
        """Return what turns each value, as `bind_processor` does."""
        return _instant


def _micros(value: datetime | None) -> int | None:
    return None if value is None else to_micros(value)


def _instant(value: int | None) -> datetime | None:
    return None if value is None else from_micros(value)


class Day(sa.TypeDecorator[date]):
    """A calendar day, stored as ISO text of ten characters."""

    impl = sa.String(10).with_variant(sa.String(10, collation="C"), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: date | str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 (signature)
        """Turn a date into ISO text."""
        return value.isoformat() if isinstance(value, date) else value

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> date | None:  # noqa: ARG002 (signature)
        """Turn ISO text into a date."""
        return None if value is None else date.fromisoformat(value)


Key = sa.String().with_variant(sa.String(collation="C"), "postgresql")
"""Ids and comparison keys: sorted by code point on both databases."""

Json = sa.JSON().with_variant(JSONB(), "postgresql")
"""A JSON object; JSONB on PostgreSQL."""
