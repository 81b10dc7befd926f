"""Reports of providers that arrive after an erasure: they name the address once more, so they are stripped as well."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine.db import reading, writing
from engine.models.tables import erased, feedback, message, provider_event
from engine.privacy.mentions import is_stripped, strip_feedback, strip_provider_event
from engine.privacy.sqlite import overwriting

_MAILS = feedback.join(message, message.c.send_id == feedback.c.send_id)
_OF_ERASED = (
    sa.select(provider_event, feedback.c.detail)
    .select_from(_MAILS.join(erased, erased.c.id_hash == message.c.recipient_id))
    .join(provider_event, provider_event.c.event_id == feedback.c.event_id)
    .order_by(provider_event.c.event_id)
)


def strip_late(engine: sa.Engine, *, now: datetime) -> int:
    """Strip what providers reported of erased people since; returns how many reports."""
    with reading(engine) as connection:
        found = [dict(row) for row in connection.execute(_OF_ERASED).mappings() if not is_stripped(row["payload"])]
    for row in found:
        with writing(engine) as connection:
            overwriting(connection)
            strip_provider_event(connection, row, now)
            strip_feedback(connection, row)
    return len(found)
