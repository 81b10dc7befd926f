"""Erasing a customer from beginning to end: here, at the provider, and in the pages of the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from engine import feedback, forgotten, privacy
from engine.app.opened import App
from engine.db import reading
from engine.errors import LifecycleError, ProviderError
from engine.facts import text_key
from engine.hashing import id_hash
from engine.models.tables import customer, erased, message
from engine.privacy import Count, Left
from engine.providers import sendgrid_erasure
from engine.providers.files import files_to
from engine.releases.origin import author
from engine.settings import Settings
from engine.subjects import find_customer
from engine.workspace import require_secret

SENDGRID = "sendgrid"
Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class ErasurePlan:
    """What erasing a customer would do; `shared` names other customers with one of the addresses, who keep it.

    `files` are mails in the folder of the provider `files`. `under_way` is set where an earlier erasure did not come to
    its end: then there is nothing left to count.
    """

    id: str
    names: tuple[str, ...]
    counts: tuple[Count, ...]
    waiting: int
    files: tuple[Path, ...]
    shared: tuple[str, ...]
    provider: str | None
    under_way: Left | None = None


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """What an erasure did; `jobs` are those of the provider, `problem` is what is still to be done and why."""

    id_hash: str
    swept: int
    jobs: tuple[str, ...] = ()
    problem: str | None = None


def plan(app: App, name: str, *, provider: bool = True) -> ErasurePlan:
    """Return what erasing the customer that an id, alias or address names would do; nothing is written.

    Raises LifecycleError where nobody is named so, or whoever was is erased already.
    """
    secret = require_secret(app.settings)
    with reading(app.database) as connection:
        if left := privacy.left_of(connection, name, secret):
            return _under_way(left)
        id_ = known(connection, name, secret)
        names = privacy.names_of(connection, id_, secret)
        queued = sa.and_(message.c.recipient_id == id_, message.c.status == "queued")
        same = customer.c.email_key.in_([text_key(address) for address in names.addresses])
        others = sa.select(customer.c.id).where(same, customer.c.id != id_).order_by(customer.c.id).limit(5)
        return ErasurePlan(
            id=id_,
            names=(*names.aliases, *names.addresses),
            counts=privacy.counts(connection, names),
            waiting=connection.execute(sa.select(sa.func.count()).select_from(message).where(queued)).scalar_one(),
            files=written_files(app.settings, names.addresses),
            shared=tuple(connection.scalars(others)),
            provider=_told(app.settings) if provider else None,
        )


def _under_way(left: Left) -> ErasurePlan:
    return ErasurePlan(
        id=left.names.id, names=(), counts=(), waiting=0, files=(), shared=(), provider=left.provider, under_way=left
    )


def known(connection: sa.Connection, name: str, secret: str) -> str:
    """Return the id of the customer that is meant; says so where this one was erased."""
    if at := _erased_at(connection, name, secret):
        raise LifecycleError(f"{name} was erased on {at:%Y-%m-%d}; only hashes are left")
    return find_customer(connection, name)


def _erased_at(connection: sa.Connection, name: str, secret: str) -> datetime | None:
    chosen = sa.select(erased.c.at).where(erased.c.id_hash == id_hash(name, secret))
    return connection.scalars(chosen).first() if forgotten.erased_among(connection, [name], secret) else None


def _told(settings: Settings) -> str | None:
    return SENDGRID if settings.provider == SENDGRID else None


def erase(app: App, planned: ErasurePlan, *, provider: bool = True, tell: Tell = lambda _sentence: None) -> Erasure:
    """Erase a customer, or bring an erasure to its end; from the first commit on no mail leaves.

    Each step can be repeated. What could not be done is said in the report: erasing again, or `lifecycle upkeep`, goes
    on from there. Raises DatabaseError where not even the first step could be done.
    """
    feedback.run_once(app.database, now=app.clock.now())  # what has landed may hold a no, which outlives the rest
    begun = planned.under_way or privacy.begin(
        app.database,
        planned.id,
        secret=require_secret(app.settings),
        provider=planned.provider if provider else None,
        now=app.clock.now(),
        actor=author(),
    )
    tell("No mail leaves any more, and nothing comes back.")
    return conclude(app, begun, provider=provider, tell=tell)


def conclude(
    app: App, left: Left, *, provider: bool = True, pages: bool = True, tell: Tell = lambda _sentence: None
) -> Erasure:
    """Take an erasure that has begun to its end; without `pages`, what others would have to wait for is left."""
    swept = sum(privacy.sweep(app.database, left.names))
    for path in written_files(app.settings, left.names.addresses):
        path.unlink(missing_ok=True)
    done = Erasure(id_hash=left.names.hash, swept=swept)
    try:
        jobs = tell_provider(app.settings, left) if provider else ()
        privacy.told(app.database, left)
        privacy.settle(app.database, left, now=app.clock.now())
        if pages:
            tell("The pages of the database are being written over.")
            privacy.vacuum(app.database, now=app.clock.now())
    except LifecycleError as error:
        return Erasure(id_hash=done.id_hash, swept=swept, problem=str(error))
    return Erasure(id_hash=done.id_hash, swept=swept, jobs=jobs)


def written_files(settings: Settings, addresses: Sequence[str]) -> tuple[Path, ...]:
    """Return the mails to these addresses that the provider `files` has written, whoever carries mail now."""
    return files_to(settings.workspace / settings.outbox_folder, addresses)


def tell_provider(settings: Settings, left: Left) -> tuple[str, ...]:
    """Let the provider erase what it keeps of the addresses; returns the ids of its jobs. Raises ProviderError."""
    if left.provider != SENDGRID or not left.names.addresses:
        return ()
    key = settings.sendgrid_api_key.get_secret_value()
    if not key:
        raise ProviderError("sendgrid_api_key is not set, so SendGrid was not told")
    return sendgrid_erasure.erase(
        left.names.addresses, api_key=key, base_url=settings.sendgrid_url, timeout=settings.sendgrid_timeout
    )
