"""Add meetings and their packs."""

from __future__ import annotations

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add meetings and their packs."""


def downgrade() -> None:
    """Take them away."""
