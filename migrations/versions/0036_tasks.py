"""Add tasks."""

from __future__ import annotations

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add tasks."""


def downgrade() -> None:
    """Take them away."""
