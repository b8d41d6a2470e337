"""Add briefings, subscriptions and calendars."""

from __future__ import annotations

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add briefings, subscriptions and calendars."""


def downgrade() -> None:
    """Take them away."""
