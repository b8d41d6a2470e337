"""Refresh the statistics of detentions from a smaller sample."""

from __future__ import annotations

import runpy
from pathlib import Path

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

_WHOLE = "ANALYZE detentions, detentions_history, detention_wants;"
# Six thousand blocks say enough of what stands in the order of arrests; reading thirty thousand
# took as long as receiving the rows.
_SAMPLED = f"""
            PERFORM set_config('default_statistics_target', '20', true);
            {_WHOLE}
            PERFORM set_config('default_statistics_target', '100', true);"""


def _before() -> str:
    managed = runpy.run_path(str(Path(__file__).with_name("0035_statistics_of_the_managed.py")))
    statistics: str = managed["_before"]().replace("\n        ELSE NULL;", managed["_MORE"])
    return statistics


def upgrade() -> None:
    """Take a fifth of the sample."""
    op.execute(_before().replace(_WHOLE, _SAMPLED))


def downgrade() -> None:
    """Take the whole sample again."""
    op.execute(_before())
