"""values that are being recast."""

import sqlalchemy as sa
from alembic import op

from engine.db import Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.add_column(sa.Column("recasting", Json, server_default="{}", nullable=False))
    with op.batch_alter_table("rule_state", schema=None) as batch_op:
        batch_op.add_column(sa.Column("recasting", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("rule_state", schema=None) as batch_op:
        batch_op.drop_column("recasting")
    with op.batch_alter_table("release", schema=None) as batch_op:
        batch_op.drop_column("recasting")
