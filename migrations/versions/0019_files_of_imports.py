"""Keep the digest of each imported file, so that an old one that comes again is told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the digest, and the way to the imports of a kind."""
    op.add_column("imports", sa.Column("file_digest", sa.LargeBinary))
    op.create_index("ix_imports_kind", "imports", ["force", "kind", "recorded_at"])


def downgrade() -> None:
    """Take both away."""
    op.drop_index("ix_imports_kind", "imports")
    op.drop_column("imports", "file_digest")
