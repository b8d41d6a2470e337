"""Audit a national count in every force it counts, and keep the planner's statistics fresh.

A force of twenty-five thousand people is two per cent of a nation's table: the usual tenth of
changed rows would leave it unknown to the planner for weeks.
"""

from __future__ import annotations

import runpy
from pathlib import Path

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_TERRITORIAL = "FROM forces f WHERE f.kind = 'territorial';"
_EVERY = "FROM forces f;"
_TABLES = (
    "persons",
    "persons_history",
    "person_names",
    "person_name_tokens",
    "person_dates_of_birth",
    "person_identifiers",
    "person_addresses",
    "person_markers",
    "name_words",
    "name_word_keys",
    "wants",
    "wants_history",
    "flags",
    "pnc_circulations",
    "duplicate_candidates",
    "import_sources",
)
_SETTINGS = "autovacuum_analyze_scale_factor, autovacuum_analyze_threshold"


def _national_counts() -> str:
    before = runpy.run_path(str(Path(__file__).with_name("0017_national_counts.py")))
    counts: str = before["NATIONAL_COUNTS"]
    return counts


def upgrade() -> None:
    """Replace the function; analyse after a hundredth of the rows; find markers by person."""
    op.execute(_national_counts().replace(_TERRITORIAL, _EVERY))
    for table in _TABLES:
        op.execute(
            f"ALTER TABLE {table} SET (autovacuum_analyze_scale_factor = 0.01,"
            " autovacuum_analyze_threshold = 500)"
        )
    op.create_index("ix_person_markers_person_id", "person_markers", ["force", "person_id"])


def downgrade() -> None:
    """Put back what was before."""
    op.drop_index("ix_person_markers_person_id", "person_markers")
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} RESET ({_SETTINGS})")
    op.execute(_national_counts())
