"""What is due of integrated offender management, as flags that end with their cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.flags.service import DueSource, Settled, clear_all, settle
from offenders.domain.history import keep_history
from offenders.domain.iom.duties import follow_members
from offenders.domain.iom.models import IomMember
from offenders.domain.iom.rules import (
    ACTIONS,
    CONVICT,
    DECISIONS,
    LEADS,
    MEETING_SOURCE,
    QUORATE,
    QUORUM,
    REVIEWS,
    RULES,
    TEAM,
)
from offenders.domain.reference.policies import explained_figures_of_rules, figures_in_force
from offenders.statements import Statement, ask_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

# Who has an LPA of their own does not stand in the neighbourhood of their home besides.
_HOME: Final = "CASE WHEN {0}.lpa IS NULL THEN p.neighbourhood ELSE {0}.neighbourhood END"
_AREA: Final = f"coalesce(m.lpa, p.lpa) AS lpa, {_HOME.format('m')}"
_MIDNIGHT: Final = "CAST({} + 1 AS timestamp) AT TIME ZONE 'Europe/London'"
_BASE: Final = f"""
    SELECT 'iom_member' AS subject_type, m.id AS subject_id, m.reference AS subject_reference,
           m.person_id, {_AREA} AS neighbourhood,
           m.lead_officer AS owner_officer, m.lead_team AS owner_team,
           x.figure ->> 'severity' AS severity,
           jsonb_build_object('rule', CAST(:rule AS text), 'rating', m.rating,
                              'due_at', x.due_at)
               || x.said || (x.figure - 'severity') AS because,
           x.due_at
    FROM iom_members m
    JOIN persons p ON p.force = m.force AND p.id = m.person_id
    CROSS JOIN LATERAL ({{due}}) x
    WHERE m.force = :force AND m.exited_at IS NULL {{whose}}
"""
_FIGURE: Final = "(CAST(:figures AS jsonb) -> {})"
_ALL: Final = _FIGURE.format("'all'")
_DUE: Final = {
    REVIEWS: f"""
        SELECT m.review_due_at AS due_at, {_FIGURE.format("m.rating")} AS figure,
               jsonb_build_object('what', 'The review of the member is overdue.',
                                  'last_reviewed_at', m.last_reviewed_at,
                                  'joined_on', m.joined_on) AS said
        WHERE m.review_due_at < :now
    """,
    ACTIONS: f"""
        SELECT min({_MIDNIGHT.format("a.due_on")}) AS due_at, {_ALL} AS figure,
               jsonb_build_object('what', 'An action of the plan is overdue.',
                   'actions', jsonb_agg(jsonb_build_object(
                       'id', a.id, 'agency', a.agency, 'due_on', a.due_on)
                       ORDER BY a.due_on, a.id)) AS said
        FROM iom_plan_actions a
        WHERE a.force = m.force AND a.member_id = m.id AND a.state = 'open'
          AND a.due_on + CAST({_ALL} ->> 'figure' AS int) < CAST(:today AS date)
        HAVING count(*) > 0
    """,
    CONVICT: f"""
        SELECT {_MIDNIGHT.format("least(m.convict_until, m.convict_review_on)")} AS due_at,
               {_ALL} AS figure,
               jsonb_build_object('what', CASE WHEN m.convict_until < CAST(:today AS date)
                   THEN 'The time of catch and convict has ended: renew or end it.'
                   ELSE 'The review of catch and convict is due.' END,
                   'until', m.convict_until, 'review_on', m.convict_review_on) AS said
        WHERE m.catch_and_convict
          AND least(m.convict_until, m.convict_review_on) < CAST(:today AS date)
    """,
    LEADS: f"""
        SELECT CAST(NULL AS timestamptz) AS due_at,
               {_FIGURE.format("'high_by_probation'")} AS figure,
               jsonb_build_object('what', CASE WHEN m.risk IN ('high', 'very_high')
                   THEN 'A high risk is led by probation: hand the lead over.'
                   ELSE 'Probation leads high risks alone: hand the lead over.' END,
                   'risk', m.risk, 'lead_agency', m.lead_agency) AS said
        WHERE CAST({_FIGURE.format("'high_by_probation'")} ->> 'figure' AS int) > 0
          AND m.risk IS NOT NULL
          AND (m.risk IN ('high', 'very_high')) <> (m.lead_agency = 'probation')
    """,
}
_UNDECIDED: Final = f"""
    SELECT 'iom_nomination' AS subject_type, n.id AS subject_id,
           n.reference AS subject_reference, n.person_id,
           coalesce(n.lpa, p.lpa) AS lpa, {_HOME.format("n")} AS neighbourhood,
           n.owner_officer, n.owner_team, {_ALL} ->> 'severity' AS severity,
           jsonb_build_object('rule', CAST(:rule AS text), 'due_at', n.decide_by,
               'what', 'No panel has decided the nomination.', 'agency', n.agency,
               'nominated_at', n.nominated_at, 'state', n.state)
               || ({_ALL} - 'severity') AS because,
           n.decide_by AS due_at
    FROM iom_nominations n
    JOIN persons p ON p.force = n.force AND p.id = n.person_id
    WHERE n.force = :force AND n.state IN ('pending', 'deferred') AND n.decide_by < :now {{whose}}
"""
_AGENCIES: Final = f"ARRAY[{', '.join(repr(each) for each in QUORUM)}]"
# Until a meeting of the same area is held with all of them.
_WITHOUT_QUORUM: Final = f"""
    SELECT 'meeting' AS subject_type, m.id AS subject_id, m.reference AS subject_reference,
           CAST(NULL AS uuid) AS person_id, m.lpa, m.neighbourhood,
           CAST(NULL AS text) AS owner_officer, '{TEAM}' AS owner_team,
           {_ALL} ->> 'severity' AS severity,
           jsonb_build_object('rule', CAST(:rule AS text), 'held_at', m.held_at,
               'what', 'The last meeting was held without its quorum: hold one with all agencies.',
               'missing', ARRAY(SELECT q FROM unnest({_AGENCIES}) q WHERE q <> ALL (m.agencies)),
               'practice', '{MEETING_SOURCE}')
               || ({_ALL} - 'severity') AS because,
           m.held_at AS due_at
    FROM iom_meetings m
    WHERE m.force = :force AND NOT m.agencies @> {_AGENCIES} {{whose}}
      AND NOT EXISTS (
          SELECT FROM iom_meetings n
          WHERE n.force = m.force AND n.lpa IS NOT DISTINCT FROM m.lpa
            AND n.neighbourhood IS NOT DISTINCT FROM m.neighbourhood
            AND n.held_at > m.held_at AND n.agencies @> {_AGENCIES})
"""
_NEW_DUE: Final = """
    coalesce(last_reviewed_at, CAST(joined_on AS timestamp) AT TIME ZONE 'Europe/London')
        + make_interval(hours => 24 * CAST(CAST(:days AS jsonb) ->> rating AS int))
"""
_REFRESH = Statement(f"""
    UPDATE iom_members SET review_due_at = {_NEW_DUE}, updated_at = :at
    WHERE force = :force AND exited_at IS NULL AND review_due_at <> {_NEW_DUE}
    RETURNING id
""")


def refresh_members(session: Session) -> int:
    """Bring reviews to the figures in force."""
    force = session.info["force"]
    days = figures_in_force(session, force, REVIEWS, clock.today())
    values: dict[str, Any] = {
        "force": force,
        "at": recorded_at(session),
        "days": orjson.dumps(days).decode(),
    }
    changed = list(ask_all(session, _REFRESH, values).scalars())
    if changed:
        keep_history(session, IomMember.__table__, force, changed)
    return len(changed)


def due_source(session: Session, rule: str, record_id: UUID | None = None) -> DueSource:
    """Give every record of which the rule finds something due; or this one only."""
    return due_sources(session, [rule], record_id)[rule]


def due_sources(
    session: Session, rules: Iterable[str], record_id: UUID | None = None
) -> dict[str, DueSource]:
    """Give of each rule every record of which it finds something due; or this one only."""
    force, asked = session.info["force"], list(rules)
    figures = explained_figures_of_rules(session, force, asked, clock.today())
    return {rule: _source(force, rule, record_id, figures[rule]) for rule in asked}


def _source(force: str, rule: str, record_id: UUID | None, figures: Mapping[str, Any]) -> DueSource:
    if rule == DECISIONS:
        sql = _UNDECIDED.format(whose="AND n.id = :whose" if record_id else "")
    elif rule == QUORATE:
        sql = _WITHOUT_QUORUM.format(whose="AND m.id = :whose" if record_id else "")
    else:
        sql = _BASE.format(due=_DUE[rule], whose="AND m.id = :whose" if record_id else "")
    values = {
        "rule": rule,
        "figures": orjson.dumps(figures).decode(),
        "force": force,
        "now": clock.now(),
        "today": clock.today(),
    }
    return DueSource(sql, values | ({"whose": record_id} if record_id else {}))


def settle_flags(session: Session) -> Settled:
    """Bring all flags of the force to what is due now."""
    sources = due_sources(session, RULES)
    done = [settle(session, rule=rule, source=source) for rule, source in sources.items()]
    return Settled(sum(each.raised for each in done), sum(each.cleared for each in done))


def settle_member(session: Session, member_id: UUID) -> None:
    """Bring flags and tasks of a membership to what is due, in the transaction that changed it."""
    session.flush()
    for rule, source in due_sources(session, _DUE, member_id).items():
        because = "Recorded: nothing is due now."
        settle(session, rule=rule, source=source, because=because, subject_id=member_id)
    follow_members(session, [member_id])


def settle_meetings(session: Session) -> None:
    """Flag the meetings held without their quorum, and clear those that another has made good."""
    because = "A meeting was held with its quorum."
    settle(session, rule=QUORATE, source=due_source(session, QUORATE), because=because)


def clear_undecided(session: Session, nomination_id: UUID) -> None:
    """Clear the flag of a nomination that was decided."""
    clear_all(
        session, subject_ids=[nomination_id], rules=[DECISIONS], because="A panel has decided."
    )
