"""Add how a retirement's saving is known, and where it came from: a number without its grade cannot be doubted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Earlier savings were told by hand, by whoever wrote them: they count as assumed."""
    op.add_column("retirements", sa.Column("saving_grade", sa.String(16)))
    op.add_column("retirements", sa.Column("saving_source", sa.Text))
