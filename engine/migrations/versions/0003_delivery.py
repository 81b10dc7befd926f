"""feedback by address, content that is dropped, and what witnesses a restored database."""

import uuid
from typing import Any

import sqlalchemy as sa
from alembic import op

from engine.db import Instant, Json, Key

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


_LEAVING: dict[str, list[Any]] = {
    "ix_message_leaving": [sa.text("(-priority)"), "not_before", "send_id"],
    "ix_message_late": ["expires_at"],
}


def upgrade() -> None:
    with op.batch_alter_table("provider_event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("outcome", sa.String(), nullable=True))
        batch_op.create_index("ix_provider_event_received_at", ["received_at"])
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.add_column(sa.Column("address_hash", Key, nullable=True))
        batch_op.create_index("ix_feedback_address", ["address_hash", "at"])
    with op.batch_alter_table("message_content", schema=None) as batch_op:
        batch_op.alter_column("html", existing_type=sa.String(), nullable=True)
        batch_op.alter_column("text", existing_type=sa.String(), nullable=True)
        batch_op.add_column(sa.Column("dropped_at", Instant, nullable=True))
        batch_op.create_index("ix_message_content_kept", ["dropped_at", "rendered_at"])
    with op.batch_alter_table("message", schema=None) as batch_op:
        queued = sa.text("status = 'queued'")
        batch_op.add_column(sa.Column("last_intent_at", Instant, nullable=True))
        for name, columns in _LEAVING.items():
            batch_op.create_index(name, columns, sqlite_where=queued, postgresql_where=queued)
    op.execute("UPDATE message SET last_intent_at = first_intent_at WHERE first_intent_at IS NOT NULL")
    with op.batch_alter_table("lane", schema=None) as batch_op:
        batch_op.add_column(sa.Column("retry_at", Instant, nullable=True))
    with op.batch_alter_table("rule_state", schema=None) as batch_op:
        batch_op.add_column(sa.Column("noticed_at", Instant, nullable=True))
    with op.batch_alter_table("erased", schema=None) as batch_op:
        batch_op.add_column(sa.Column("left", Json, nullable=True))
        batch_op.add_column(sa.Column("settled_at", Instant, nullable=True))
    _witnesses()


def _witnesses() -> None:
    installation = op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("database_id", sa.String(), nullable=False),
        sa.Column("events_kept_from", Instant, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.bulk_insert(installation, [{"id": 1, "database_id": uuid.uuid4().hex}])
    op.create_table(
        "witness",
        sa.Column("id", Key, nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "restoration",
        sa.Column("id", Key, nullable=False),
        sa.Column("from_at", Instant, nullable=False),
        sa.Column("until_at", Instant, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    for table in ("restoration", "witness", "installation"):
        op.drop_table(table)
    with op.batch_alter_table("rule_state", schema=None) as batch_op:
        batch_op.drop_column("noticed_at")
    with op.batch_alter_table("lane", schema=None) as batch_op:
        batch_op.drop_column("retry_at")
    for name in _LEAVING:
        op.drop_index(name, table_name="message")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_column("last_intent_at")
    with op.batch_alter_table("erased", schema=None) as batch_op:
        batch_op.drop_column("settled_at")
        batch_op.drop_column("left")
    op.execute("UPDATE message_content SET html = '', text = '' WHERE dropped_at IS NOT NULL")
    with op.batch_alter_table("message_content", schema=None) as batch_op:
        batch_op.drop_index("ix_message_content_kept")
        batch_op.drop_column("dropped_at")
        batch_op.alter_column("text", existing_type=sa.String(), nullable=False)
        batch_op.alter_column("html", existing_type=sa.String(), nullable=False)
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_index("ix_feedback_address")
        batch_op.drop_column("address_hash")
    with op.batch_alter_table("provider_event", schema=None) as batch_op:
        batch_op.drop_index("ix_provider_event_received_at")
        batch_op.drop_column("outcome")
