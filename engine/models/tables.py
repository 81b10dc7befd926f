"""The tables as SQLAlchemy Core sees them: what stages build their statements from."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import SQLModel

import engine.models  # noqa: F401 (fills the metadata)

_T = SQLModel.metadata.tables

absence: sa.Table = _T["absence"]
account: sa.Table = _T["account"]
account_member: sa.Table = _T["account_member"]
audit: sa.Table = _T["audit"]
consent: sa.Table = _T["consent"]
customer: sa.Table = _T["customer"]
enrollment: sa.Table = _T["enrollment"]
erased: sa.Table = _T["erased"]
event: sa.Table = _T["event"]
event_daily: sa.Table = _T["event_daily"]
event_total: sa.Table = _T["event_total"]
fact_change: sa.Table = _T["fact_change"]
feedback: sa.Table = _T["feedback"]
identity: sa.Table = _T["identity"]
installation: sa.Table = _T["installation"]
lane: sa.Table = _T["lane"]
membership: sa.Table = _T["membership"]
message: sa.Table = _T["message"]
message_content: sa.Table = _T["message_content"]
provider_event: sa.Table = _T["provider_event"]
recipient: sa.Table = _T["recipient"]
release: sa.Table = _T["release"]
restoration: sa.Table = _T["restoration"]
rule_state: sa.Table = _T["rule_state"]
suppression: sa.Table = _T["suppression"]
trait: sa.Table = _T["trait"]
witness: sa.Table = _T["witness"]
worker: sa.Table = _T["worker"]
zone: sa.Table = _T["zone"]
