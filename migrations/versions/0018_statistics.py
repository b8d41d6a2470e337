"""Refresh the statistics of the words of names and of PNC's circulations, too."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_BEFORE = """
    persons, persons_history, person_names, person_name_tokens, person_identifiers,
    person_addresses, person_vehicles, person_markers, person_dates_of_birth,
    wants, wants_history, want_actions, flags, import_sources,
    neighbourhoods, neighbourhood_rings
"""


def upgrade() -> None:
    """Add the tables that have come since."""
    _refresh(f"{_BEFORE}, name_words, name_word_keys, pnc_circulations")


def downgrade() -> None:
    """Leave them out again."""
    _refresh(_BEFORE)


def _refresh(tables: str) -> None:
    op.execute(f"""
        CREATE OR REPLACE FUNCTION refresh_statistics() RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        BEGIN
            ANALYZE {tables};
        END $$
    """)
