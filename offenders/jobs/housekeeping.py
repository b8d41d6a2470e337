"""Deletion of what is kept only for a time: first answers, budgets, runs, revocations, packs.

Its age is taken by the database's clock: a run as if at a later moment shall not give anybody
their reading budget back. Managements whose person's move was missed follow it then, too.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from offenders.db import NO_FORCE, recorded_at
from offenders.domain.changes.service import TOKEN_DAYS, forget_views
from offenders.domain.meetings.service import drop_old_packs
from offenders.domain.persons.managing import follow_all_homes
from offenders.domain.working_days import london_day
from offenders.jobs.effects import Effect

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ANSWERS_KEPT = timedelta(hours=48)  # a replay is promised for 24
RUNS_KEPT = timedelta(days=90)  # a quarter's runs to look into
READINGS_KEPT = timedelta(days=40)  # a month's budgets and some days to look into them
REVOCATIONS_KEPT = timedelta(days=90)  # after their tokens' end, to look into
VIEWS_KEPT = timedelta(days=TOKEN_DAYS + 2)  # of devices; tokens are good for two days less
CONTENTS_KEPT = timedelta(days=30)  # of messages delivered or given up, to send them again

_DELETE = {
    table: text(f"""
        WITH gone AS (DELETE FROM {table} WHERE force = :force AND {column} < :before RETURNING 1)
        SELECT count(*) FROM gone
    """)
    for table, column in (
        ("idempotency_keys", "recorded_at"),
        ("people_read", "day"),
        ("revocations", "until"),
    )
}
# The runs go first, by the turn without a force; then each force's share of what has gone.
_DELETE_RUNS = text("""
    WITH gone AS (DELETE FROM job_runs WHERE ended_at < :before RETURNING 1)
    SELECT count(*) FROM gone
""")
_DELETE_EFFECTS = text("""
    WITH gone AS (DELETE FROM job_run_effects e WHERE e.force = :force
                  AND NOT EXISTS (SELECT FROM job_runs r WHERE r.id = e.run_id) RETURNING 1)
    SELECT count(*) FROM gone
""")
# Messages name people: what is no longer needed to send them again goes.
_EMPTY_MESSAGES = text("""
    WITH emptied AS (
        UPDATE outbox_messages m SET body = NULL, version = version + 1
        WHERE m.force = :force AND m.recorded_at < :before AND m.body IS NOT NULL
          AND m.state IN ('delivered', 'dead')
        RETURNING 1)
    SELECT count(*) FROM emptied
""")
# What subscribers were told is in the audit; the messages themselves have no further use.
_DELETE_TOLD = text("""
    WITH old AS (
        SELECT m.id FROM outbox_messages m
        WHERE m.force = :force AND m.recorded_at < :before AND m.recipient IS NOT NULL
          AND m.state IN ('delivered', 'dead', 'withdrawn')),
    tries AS (
        DELETE FROM outbox_tries t USING old o WHERE t.force = :force AND t.message_id = o.id),
    gone AS (
        DELETE FROM outbox_messages m USING old o WHERE m.force = :force AND m.id = o.id
        RETURNING 1)
    SELECT count(*) FROM gone
""")


def tidy_up(session: Session, force: str) -> Effect:
    """Delete what is past its time in a force, and put managements where people live."""
    follow_all_homes(session)
    present = recorded_at(session)
    last_day = london_day(present - READINGS_KEPT)
    before = {
        "idempotency_keys": present - ANSWERS_KEPT,
        "people_read": last_day,
        "revocations": present - REVOCATIONS_KEPT,
    }
    deleted = {
        table: session.execute(statement, {"force": force, "before": before[table]}).scalar_one()
        for table, statement in _DELETE.items()
    }
    emptied = {"force": force, "before": present - CONTENTS_KEPT}
    deleted["messages_to_subscribers"] = session.execute(_DELETE_TOLD, emptied).scalar_one()
    deleted["message_contents"] = session.execute(_EMPTY_MESSAGES, emptied).scalar_one()
    deleted |= forget_views(session, present - VIEWS_KEPT)
    if force == NO_FORCE:
        runs = session.execute(_DELETE_RUNS, {"before": present - RUNS_KEPT}).scalar_one()
        return Effect(details=deleted | {"job_runs": runs})
    deleted["packs"] = drop_old_packs(session)
    effects = {"force": force}
    deleted["job_run_effects"] = session.execute(_DELETE_EFFECTS, effects).scalar_one()
    return Effect(details=deleted)
