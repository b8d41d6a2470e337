"""Refresh the planner's statistics of what imports of members, cases and orders fill."""

from __future__ import annotations

import runpy
from pathlib import Path

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_MORE = """
        WHEN 'iom' THEN
            ANALYZE iom_members, iom_members_history, iom_decisions, iom_log, managements;
        WHEN 'mappa' THEN
            ANALYZE mappa_cases, mappa_cases_history, mappa_levels, mappa_entries, managements;
        WHEN 'registrations' THEN
            ANALYZE registrations, registrations_history, registration_actions, managements;
        WHEN 'orders' THEN
            ANALYZE orders, orders_history, order_breaches, order_breaches_history,
                    order_actions, managements;
        ELSE NULL;"""


def _before() -> str:
    kinds = runpy.run_path(str(Path(__file__).with_name("0026_statistics_of_all_kinds.py")))
    statistics: str = kinds["_before"]().replace("\n        ELSE NULL;", kinds["_MORE"])
    return statistics


def upgrade() -> None:
    """Name the tables of these kinds."""
    op.execute(_before().replace("\n        ELSE NULL;", _MORE))


def downgrade() -> None:
    """Name them no longer."""
    op.execute(_before())
