"""Refresh the planner's statistics of what one kind of import fills, and of no more."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_BEFORE = """
CREATE FUNCTION refresh_statistics() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    ANALYZE persons, persons_history, person_names, person_name_tokens, person_identifiers,
            person_addresses, person_vehicles, person_markers, person_dates_of_birth,
            wants, wants_history, want_actions, flags, import_sources,
            neighbourhoods, neighbourhood_rings;
END $$
"""
_NOW = """
CREATE FUNCTION refresh_statistics(kind text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    ANALYZE import_sources, flags;
    CASE kind
        WHEN 'people' THEN
            ANALYZE persons, persons_history, person_names, person_name_tokens,
                    person_identifiers, person_addresses, person_vehicles, person_markers,
                    person_dates_of_birth, name_words, name_word_keys;
        WHEN 'wanted' THEN ANALYZE wants, wants_history, want_actions;
        WHEN 'pnc-wanted' THEN ANALYZE pnc_circulations;
        WHEN 'neighbourhoods' THEN ANALYZE neighbourhoods, neighbourhood_rings;
        ELSE NULL;
    END CASE;
END $$
"""


def upgrade() -> None:
    """Ask for the kind: the tables of people take seconds in a national database."""
    op.execute("DROP FUNCTION refresh_statistics()")
    op.execute(_NOW)
    _give("refresh_statistics(text)")


def downgrade() -> None:
    """Refresh all of them again."""
    op.execute("DROP FUNCTION refresh_statistics(text)")
    op.execute(_BEFORE)
    _give("refresh_statistics()")


def _give(function: str) -> None:
    op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO offenders_app")
