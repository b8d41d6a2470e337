"""Keep the digest of the last row received, so that unchanged rows are told without reading it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; rows received before have none and are compared whole once more."""
    op.add_column("import_sources", sa.Column("digest", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("import_sources", "digest")
