"""Refresh, after a first extract of custody, what questions about arrests and checks go by."""

from __future__ import annotations

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

_BEFORE = "ANALYZE detentions, detentions_history, detention_wants;"
# Of wide rows only the columns that are asked by: a third of the work.
_AFTER = """ANALYZE
            detentions (force, id, person_id, custody_number, arrested_at, released_at,
                        foreign_national, nationality_unknown, pnc_checked, lpa),
            detentions_history (force, id, recorded_from), detention_wants,
            acro_checks (force, id, detention_id, person_id, country, state, lpa),
            acro_checks_history (force, id, recorded_from);"""


def upgrade() -> None:
    """Refresh what is asked by, with the checks that custody requires."""
    _replace(_BEFORE, _AFTER)


def downgrade() -> None:
    """Refresh all columns of detentions, and no checks."""
    _replace(_AFTER, _BEFORE)


def _replace(before: str, after: str) -> None:
    named = "SELECT pg_get_functiondef('refresh_statistics(text)'::regprocedure)"
    standing = op.get_bind().exec_driver_sql(named).scalar_one()
    if before not in standing:
        message = "refresh_statistics(text) is not as it was made."
        raise RuntimeError(message)
    op.get_bind().exec_driver_sql(standing.replace(before, after))
