"""Add what devices pull."""

from __future__ import annotations

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what devices pull."""


def downgrade() -> None:
    """Take them away."""
