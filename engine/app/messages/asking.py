"""The provider's own records, asked about what is in doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from engine import providers
from engine.app.messages.deciding import decide
from engine.app.opened import App
from engine.db import reading
from engine.errors import ProviderError, UsageError
from engine.models.tables import message
from engine.outbox import Resolve, Status
from engine.providers import Provider, Records


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Of how many messages the records know, of how many not, how many could not be asked about, and why not."""

    found: int
    not_found: int
    unasked: int
    problem: str | None


def ask_records(app: App, send_ids: Sequence[str], provider: Provider | None = None) -> Asked:
    """Settle messages in doubt as sent where the provider's records have them; what they do not have stays in doubt.

    Raises UsageError where the provider keeps no records that can be asked, and SettingsError where it lacks a setting.
    """
    carrier = provider or providers.make(app.settings)
    if not isinstance(carrier, Records):
        raise UsageError(f"{carrier.name} keeps no records that can be asked; say --sent, --not-sent or --failed")
    theirs = _theirs(app, send_ids, carrier.name)
    known, problem = asyncio.run(_find(carrier, theirs))
    found = [each for each in theirs if known.get(each)]
    decide(app, Resolve(to=Status.SENT, reason=f"it is in the records of {carrier.name}"), found)
    return Asked(
        found=len(found), not_found=len(known) - len(found), unasked=len(send_ids) - len(known), problem=problem
    )


def _theirs(app: App, send_ids: Sequence[str], provider: str) -> Sequence[str]:
    """Leave out what went by another provider, and what is no longer in doubt."""
    m, wanted = message.c, set(send_ids)
    doubtful = sa.select(m.send_id).where(m.status == Status.IN_DOUBT, m.provider.is_(None) | (m.provider == provider))
    with reading(app.database) as connection:
        return [each for each in connection.scalars(doubtful.order_by(m.status_at, m.send_id)) if each in wanted]


async def _find(carrier: Records, send_ids: Sequence[str]) -> tuple[Mapping[str, bool], str | None]:
    """Ask about one message after the other, until the records answer no more."""
    known: dict[str, bool] = {}
    try:
        for each in send_ids:
            known[each] = await carrier.has(each)
    except ProviderError as error:
        return known, str(error)
    finally:
        await carrier.close()
    return known, None
