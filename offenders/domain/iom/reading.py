"""Reading members: one, a list, how many, and those of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.iom.asking import CASE, HIDDEN, IS_OVERDUE, MASKS
from offenders.domain.iom.paging import page_of, record_of
from offenders.domain.persons.shown import person_json
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from offenders.domain.iom.asking import Question
    from offenders.domain.reading import Reading

_CASE_TEXTS: Final = ", ".join(repr(each) for each in CASE)
_MASKED: Final = f"""
    (CASE WHEN {HIDDEN} THEN ARRAY[{", ".join(repr(each) for each in MASKS)}]
          ELSE CAST('{{}}' AS text[]) END
     || CASE WHEN :sees_case THEN CAST('{{}}' AS text[]) ELSE ARRAY[{_CASE_TEXTS}] END)
"""
_KNOWN: Final = "recorded_at <= coalesce(CAST(:as_at AS timestamptz), 'infinity')"
_LOG: Final = f"""
    (SELECT coalesce(json_agg(json_build_object('id', l.id, 'kind', l.kind,
        'occurred_at', l.occurred_at, 'recorded_at', l.recorded_at, 'actor', l.actor,
        'details', l.details) ORDER BY l.occurred_at, l.id), '[]')
     FROM iom_log l WHERE l.force = m.force AND l.member_id = m.id AND l.{_KNOWN})
"""
_RATINGS: Final = f"""
    (SELECT coalesce(json_agg(json_build_object('rating', l.details ->> 'to',
        'from', l.occurred_at, 'reason', CASE WHEN :sees_case THEN l.details ->> 'reason' END)
        ORDER BY l.occurred_at, l.id), '[]')
     FROM iom_log l
     WHERE l.force = m.force AND l.member_id = m.id AND l.kind = 'rating' AND l.{_KNOWN})
"""
# An action ended since the moment asked for was open then.
_ACTIONS: Final = f"""
    (SELECT coalesce(json_agg(json_build_object('id', a.id, 'text', a.text,
        'pathway', a.pathway, 'agency', a.agency, 'owner', a.owner, 'due_on', a.due_on,
        'state', CASE WHEN n.later THEN 'open' ELSE a.state END,
        'outcome', CASE WHEN NOT n.later THEN a.outcome END,
        'ended_at', CASE WHEN NOT n.later THEN a.ended_at END,
        'overdue', (n.later OR a.state = 'open') AND a.due_on < CAST(:today AS date))
        ORDER BY a.due_on, a.id), '[]')
     FROM iom_plan_actions a
     CROSS JOIN LATERAL (
         SELECT a.updated_at > coalesce(CAST(:as_at AS timestamptz), 'infinity') AS later) n
     WHERE a.force = m.force AND a.member_id = m.id AND a.{_KNOWN})
"""
_DECISION: Final = """
    (SELECT json_build_object('id', d.id, 'outcome', d.outcome, 'rationale', d.rationale,
        'panel', d.panel, 'meeting_id', d.meeting_id, 'nomination_id', d.nomination_id,
        'source', d.source, 'decided_at', d.decided_at, 'recorded_by', d.recorded_by)
     FROM iom_decisions d WHERE d.force = m.force AND d.id = m.decision_id)
"""
_GOVERNANCE: Final = """
    CASE WHEN m.convict_from IS NOT NULL THEN json_build_object(
        'from', m.convict_from, 'until', m.convict_until, 'review_on', m.convict_review_on,
        'authorised_by', m.convict_authorised_by, 'reason', m.convict_reason) END
"""


def _if_case(sql: str) -> str:
    return f"CASE WHEN :sees_case THEN {sql} END"


def member_json(*, as_at: bool = False, whole: bool = False) -> str:
    """Give the JSON of a member over `m`, `p`, `s` and `g`; whole, with decision and log."""
    more = f""",
        'decision', {_if_case(_DECISION)}, 'ratings', {_RATINGS},
        'actions', {_if_case(_ACTIONS)}, 'log', {_if_case(_LOG)}"""
    return f"""json_build_object(
        'id', m.id, 'reference', m.reference, 'force', m.force, 'person_id', m.person_id,
        'person', {person_json(as_at=as_at)},
        'state', CASE WHEN m.exited_at IS NULL THEN 'active' ELSE 'exited' END,
        'scheme', m.scheme, 'stage', m.stage, 'facts', {_if_case("m.facts")},
        'cohort', m.cohort, 'theme', m.theme, 'further_themes', m.further_themes,
        'rating', m.rating, 'rated_at', m.rated_at, 'risk', m.risk,
        'risk_rationale', {_if_case("m.risk_rationale")},
        'lead_agency', m.lead_agency, 'lead_officer', m.lead_officer,
        'lead_team', m.lead_team, 'managed_by', m.managed_by,
        'support_officer', m.support_officer,
        'lpa', CASE WHEN NOT {HIDDEN} THEN s.lpa END,
        'neighbourhood', CASE WHEN NOT {HIDDEN} THEN s.neighbourhood END,
        'catch_and_convict', m.catch_and_convict,
        'catch_and_convict_governance', {_if_case(_GOVERNANCE)},
        'pathways', {_if_case("m.pathways")}, 'objectives', {_if_case("m.objectives")},
        'expectations_explained_at', m.expectations_explained_at,
        'joined_on', m.joined_on, 'last_reviewed_at', m.last_reviewed_at,
        'review_due_at', m.review_due_at, 'review_overdue', {IS_OVERDUE},
        'exited_at', m.exited_at, 'exit_reason', m.exit_reason,
        'exit_rationale', {_if_case("m.exit_rationale")},
        'what_worked', {_if_case("m.what_worked")},
        'masked', to_json({_MASKED}), 'recorded_by', m.recorded_by,
        'recorded_at', m.recorded_at, 'updated_at', m.updated_at,
        'version', m.version{more if whole else ""})"""


def reading_of_members(question: Question, after: Sequence[Any] | None, limit: int) -> Reading:
    """Give the read of one page, the review that is due first first."""
    condition, values = question.condition()
    return page_of(
        question.source,
        condition,
        values,
        alias="m",
        key="m.review_due_at",
        cast="timestamptz",
        json=member_json(as_at=question.as_at is not None),
        masked=_MASKED,
        subject_type="iom_member",
        after=after,
        limit=limit,
    )


def reading_of_member(question: Question, written: str) -> Reading:
    """Give the read of one membership, by its id or reference, whatever its state."""
    condition, values = question.condition()
    named = "m.id = :id" if as_uuid(written) is not None else "m.reference = :reference"
    keys = {"id": as_uuid(written), "reference": as_reference(written)}
    return record_of(
        question.source,
        f"{condition} AND {named}",
        values | keys,
        alias="m",
        json=member_json(as_at=question.as_at is not None, whole=True),
        masked=_MASKED,
        subject_type="iom_member",
    )


def count_members(session: Session, question: Question) -> int:
    """Count the rows of all pages."""
    condition, values = question.condition()
    statement = text(f"SELECT count(*) {question.source} AND {condition}")
    return int(session.execute(statement, values).scalar_one())


def open_memberships_of_person(question: Question) -> tuple[str, dict[str, Any]]:
    """Give the SQL of (members, member_ids) of an outer `p` that the reader may see."""
    condition = question.scope.condition("s", "iom_scope")
    follows = "(m.lpa IS NULL AND m.neighbourhood IS NULL)"
    sql = f"""
        SELECT coalesce(json_agg({member_json()} ORDER BY m.joined_on, m.id), '[]') AS members,
               coalesce(array_agg(m.id ORDER BY m.joined_on, m.id), '{{}}') AS member_ids
        FROM iom_members m
        CROSS JOIN LATERAL (SELECT p.are_addresses_protected) g
        CROSS JOIN LATERAL (
            SELECT m.force, m.recorded_by, m.person_id, {follows} AS follows,
                   CASE WHEN {follows} THEN p.lpa ELSE m.lpa END AS lpa,
                   CASE WHEN {follows} THEN p.neighbourhood ELSE m.neighbourhood END
                       AS neighbourhood) s
        WHERE {condition} AND m.force = p.force AND m.person_id = p.id AND m.exited_at IS NULL
    """
    return sql, question.values() | question.scope.values_as("iom_scope")
