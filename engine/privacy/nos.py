"""The noes of somebody who is erased: they outlive the consent log, under the hash of the address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from engine.consent.log import SOURCE, UNSUBSCRIBED, Said, latest
from engine.db import insert_missing
from engine.models.tables import suppression
from engine.policy import ALL_MARKETING
from engine.privacy.names import Names


def keep_nos(connection: sa.Connection, names: Names) -> None:
    """Suppress each topic that the customer last said no to, so that the address is left alone under a new id too."""
    said = latest(connection, [names.id]).get(names.id, {})
    rows = [
        {
            "address_hash": key,
            "scope": no.topic,
            "reason": UNSUBSCRIBED,
            "source": SOURCE,
            "at": no.at,
        }
        for no in _noes(said)
        for key in names.address_hashes
    ]
    if rows:
        connection.execute(insert_missing(connection, suppression), rows)


def _noes(said: Mapping[str, Said]) -> Iterator[Said]:
    """Yield the noes that hold; one to all of marketing does not, once a topic was agreed to since."""
    agreed = max((each.at for each in said.values() if each.state == "yes"), default=None)
    for each in said.values():
        if each.state == "no" and not (each.topic == ALL_MARKETING and agreed and agreed > each.at):
            yield each
