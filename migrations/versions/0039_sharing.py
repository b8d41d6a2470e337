"""Add shares, restrictions and emergency access."""

from __future__ import annotations

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add shares, restrictions and emergency access."""


def downgrade() -> None:
    """Take them away."""
