"""Refresh the planner's statistics of what imports of checks, bail and hits fill."""

from __future__ import annotations

import runpy
from pathlib import Path

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_MORE = """
        WHEN 'acro-checks' THEN ANALYZE acro_checks, acro_checks_history;
        WHEN 'bail' THEN ANALYZE bail_records, bail_records_history;
        WHEN 'forensic-hits' THEN ANALYZE forensic_hits, forensic_hits_history;
        ELSE NULL;"""


def _before() -> str:
    custody = runpy.run_path(str(Path(__file__).with_name("0021_custody.py")))
    statistics: str = custody["REFRESH_STATISTICS"]
    return statistics


def upgrade() -> None:
    """Name the tables of these kinds."""
    op.execute(_before().replace("\n        ELSE NULL;", _MORE))


def downgrade() -> None:
    """Name them no longer."""
    op.execute(_before())
