"""What is missing or overdue about foreign-conviction checks, as flags that end by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.acro.clocks import Explained, figures, refresh_clocks
from offenders.domain.acro.rules import ASSESSMENT, CHASE, MISSING, REPLIES
from offenders.domain.flags.service import DueSource, Settled, settle

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

_SUBJECT = """
    SELECT 'acro_check' AS subject_type, c.id AS subject_id, c.reference AS subject_reference,
           c.person_id, c.lpa, NULL AS neighbourhood, NULL AS owner_officer,
           'DUTY-' || coalesce(c.lpa, c.force) AS owner_team
"""


def _figure(key: str) -> str:
    return f"(CAST(:figures AS jsonb) -> {key})"


def _because(key: str, what: str, start: str, due: str, more: str = "") -> str:
    return f"""
        jsonb_build_object('rule', CAST(:rule AS text), 'what', '{what}', 'country', c.country,
                           'channel', c.channel, 'counted_from', {start}, 'due_at', {due} {more})
        || ({_figure(key)} - 'severity') AS because, {due} AS due_at
    """


_REQUEST = "'request'"
# A request that can't be delivered has asked nobody.
_MISSING = f"""
    {_SUBJECT}, {_figure(_REQUEST)} ->> 'severity' AS severity,
    {_because(_REQUEST, "Nobody has asked this country.", "c.detained_at", "c.request_due_at")}
    FROM acro_checks c
    WHERE c.force = :force AND c.state = 'required' AND c.request_due_at < :now {{whose}}
    UNION ALL
    {_SUBJECT}, {_figure(_REQUEST)} ->> 'severity',
    {
    _because(
        _REQUEST,
        "The request could not be delivered. Send it again.",
        "c.detained_at",
        "c.request_due_at",
        ", 'message_id', m.id, 'fault', m.fault",
    )
}
    FROM acro_checks c
    JOIN outbox_messages m ON m.force = c.force AND m.id = c.message_id AND m.state = 'dead'
    WHERE c.force = :force AND c.state = 'requested' {{whose}}
"""
_CHASED = f"""
    (c.chased_at + make_interval(
        hours => 24 * CAST({_figure(f"'{CHASE}'")} ->> 'figure' AS int)))
"""
_REPLY_DUE = f"coalesce({_CHASED}, c.reply_due_at)"
_ASSESS_DUE = f"""
    (c.responded_at + make_interval(
        hours => 24 * CAST({_figure(f"'{ASSESSMENT}'")} ->> 'figure' AS int)))
"""
_REPLIES = f"""
    {_SUBJECT},
    CASE WHEN {_CHASED} >= :now THEN {_figure(f"'{CHASE}'")} ->> 'severity'
         ELSE {_figure("c.channel")} ->> 'severity' END AS severity,
    {
    _because(
        "c.channel",
        "The request is not answered. Chase it.",
        "c.requested_at",
        _REPLY_DUE,
        ", 'reply_due_at', c.reply_due_at, 'chased_at', c.chased_at, 'chases', c.chases",
    )
}
    FROM acro_checks c
    WHERE c.force = :force AND c.state = 'requested' AND c.reply_due_at < :now {{whose}}
    UNION ALL
    {_SUBJECT}, {_figure(f"'{ASSESSMENT}'")} ->> 'severity',
    {_because(f"'{ASSESSMENT}'", "The trace is not assessed.", "c.responded_at", _ASSESS_DUE)}
    FROM acro_checks c
    WHERE c.force = :force AND c.state = 'responded' AND c.response IN ('trace', 'partial')
      AND {_ASSESS_DUE} < :now {{whose}}
"""
_SOURCES = {MISSING: _MISSING, REPLIES: _REPLIES}
_REGISTER_QUEUES = text("""
    INSERT INTO teams (force, code, recorded_at)
    SELECT DISTINCT f.force, f.owner_team, CAST(:at AS timestamptz) FROM flags f
    WHERE f.force = :force AND f.rule = :rule AND f.state <> 'cleared' AND f.raised_at = :at
    ON CONFLICT DO NOTHING
""")


def due_source(
    session: Session,
    rule: str,
    check_id: UUID | None = None,
    explained: Explained | None = None,
) -> DueSource:
    """Give every check that the rule finds due by its figures; or this one only."""
    whose = "AND c.id = :whose" if check_id else ""
    values = {
        "rule": rule,
        "force": session.info["force"],
        "figures": orjson.dumps(explained or figures(session, rule)).decode(),
        "now": clock.now(),
        "whose": check_id,
    }
    return DueSource(_SOURCES[rule].format(whose=whose), values)


def sweep(session: Session, rule: str) -> Settled:
    """Bring the rule's clocks to the figures in force, and then its flags to what is due."""
    explained = figures(session, rule)
    refresh_clocks(session, explained)
    return settle_rule(session, rule, explained=explained)


def settle_rule(
    session: Session,
    rule: str,
    check_id: UUID | None = None,
    explained: Explained | None = None,
) -> Settled:
    """Bring the flags of the rule to what is due now, in the force or of one check."""
    session.flush()
    settled = settle(
        session,
        rule=rule,
        source=due_source(session, rule, check_id, explained),
        because="It was dealt with.",
        subject_id=check_id,
    )
    if settled.raised:
        values = {"force": session.info["force"], "rule": rule, "at": recorded_at(session)}
        session.execute(_REGISTER_QUEUES, values)
    return settled


def settle_check(session: Session, check_id: UUID) -> None:
    """Bring both rules' flags of one check up to date, in the transaction that changed it."""
    for rule in _SOURCES:
        settle_rule(session, rule, check_id)
