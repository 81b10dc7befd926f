"""The noes of somebody who is erased: they outlive the consent log, under the hash of the address."""

from __future__ import annotations

import sqlalchemy as sa

from engine.db import insert_missing
from engine.models.tables import consent, suppression
from engine.privacy.names import Names

NO = "out"


def keep_nos(connection: sa.Connection, names: Names) -> None:
    """Suppress each topic that the customer last said no to, so that the address is left alone under a new id too."""
    chosen = sa.select(consent).where(consent.c.customer_id == names.id).order_by(consent.c.topic, consent.c.at)
    last = {row["topic"]: row for row in connection.execute(chosen).mappings()}
    rows = [
        {"address_hash": key, "scope": topic, "reason": "said no", "source": row["source"], "at": row["at"]}
        for topic, row in last.items()
        if row["state"] == NO
        for key in names.address_hashes
    ]
    if rows:
        connection.execute(insert_missing(connection, suppression), rows)
