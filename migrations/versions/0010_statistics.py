"""Let the serving role refresh the planner's statistics after a large import."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

REFRESH_STATISTICS = """
CREATE FUNCTION refresh_statistics() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    ANALYZE persons, persons_history, person_names, person_name_tokens, person_identifiers,
            person_addresses, person_vehicles, person_markers, person_dates_of_birth,
            wants, wants_history, want_actions, flags, import_sources,
            neighbourhoods, neighbourhood_rings;
END $$
"""


def upgrade() -> None:
    """Make the function; ANALYZE is the owner's, so the serving role needs it."""
    op.execute(REFRESH_STATISTICS)
    op.execute("REVOKE ALL ON FUNCTION refresh_statistics() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION refresh_statistics() TO offenders_app")


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP FUNCTION refresh_statistics()")
