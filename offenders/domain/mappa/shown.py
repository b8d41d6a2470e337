"""How a case is shown: SQL that gives its JSON with levels, meetings, plan, actions and summary.

Full minutes are given only where `:sees_minutes`; otherwise they are null and named as masked.
Without an area of its own a case stands where its person lives.
"""

from __future__ import annotations

from typing import Final

from offenders.domain.persons.shown import person_json

_FOLLOWS: Final = "(c.lpa IS NULL AND c.neighbourhood IS NULL)"
HIDDEN: Final = "(NOT :sees_protected AND s.follows AND g.are_addresses_protected)"
TEAM: Final = f"""
    CASE WHEN {HIDDEN} AND left(c.owner_team, 5) = 'DUTY-'
         THEN 'DUTY-' || c.force ELSE c.owner_team END
"""
PLACED: Final = f"""
    CROSS JOIN LATERAL (
        SELECT c.force, c.recorded_by, c.person_id, {_FOLLOWS} AS follows,
               CASE WHEN {_FOLLOWS} THEN p.lpa ELSE c.lpa END AS lpa,
               CASE WHEN {_FOLLOWS} THEN p.neighbourhood ELSE c.neighbourhood END
                   AS neighbourhood) s
"""
_THEN: Final = (
    "{0}.recorded_from <= :as_at AND ({0}.recorded_to IS NULL OR {0}.recorded_to > :as_at)"
)
PRESENT: Final = f"""
    FROM mappa_cases c
    JOIN persons p ON p.force = c.force AND p.id = c.person_id
    CROSS JOIN LATERAL (SELECT p.are_addresses_protected) g {PLACED} {{further}}
    WHERE true
"""
# Protection begun later covers the past, too.
AS_AT: Final = f"""
    FROM mappa_cases_history c
    JOIN persons_history p ON p.force = c.force AND p.id = c.person_id AND {_THEN.format("p")}
    JOIN persons g ON g.force = c.force AND g.id = c.person_id {PLACED} {{further}}
    WHERE {_THEN.format("c")}
"""
# What is recorded of a victim later may stand in a summary: it is held back until written anew.
_NO_NEWER_VICTIM: Final = """NOT EXISTS (
    SELECT FROM person_associations v
    CROSS JOIN LATERAL (
        SELECT v.recorded_at
        UNION ALL SELECT h.recorded_from FROM persons_history h
        WHERE h.force = v.force AND h.id = v.other_person_id
        UNION ALL SELECT n.recorded_at FROM person_names n
        WHERE n.force = v.force AND n.person_id = v.other_person_id
        UNION ALL SELECT a.recorded_at FROM person_addresses a
        WHERE a.force = v.force AND a.person_id = v.other_person_id
        UNION ALL SELECT e.recorded_at FROM person_vehicles e
        WHERE e.force = v.force AND e.person_id = v.other_person_id) r (recorded_at)
    WHERE v.force = b.force AND v.person_id = c.person_id AND v.type = 'victim_of'
      AND r.recorded_at > b.recorded_at {known})
"""
SUMMARY_HOLDS: Final = f"(b.withdrawn_at IS NULL AND {_NO_NEWER_VICTIM.format(known='')})"
_HELD_THEN: Final = f"""
    ((b.withdrawn_at IS NULL OR b.withdrawn_at > :as_at)
     AND {_NO_NEWER_VICTIM.format(known="AND r.recorded_at <= :as_at")})
"""


def summary_json(*, as_at: bool = False) -> str:
    """Give the JSONB of a local summary over `b` and `c`."""
    return f"""jsonb_build_object('id', b.id, 'risk_to', to_jsonb(b.risk_to),
        'triggers', to_jsonb(b.triggers), 'what_to_look_for', to_jsonb(b.what_to_look_for),
        'what_to_do_if_met', b.what_to_do_if_met,
        'licence_conditions', to_jsonb(b.licence_conditions), 'contact', b.contact,
        'published_at', b.published_at, 'published_by', b.published_by,
        'is_shared', {_HELD_THEN if as_at else SUMMARY_HOLDS})"""


# A level's end is known once the next one is recorded, or the end of the case.
_ENDED_BY_THEN: Final = """
    (c.ended_at = l.until_at OR EXISTS (
        SELECT FROM mappa_levels n
        WHERE n.force = l.force AND n.case_id = l.case_id AND n.from_at = l.until_at
          AND n.recorded_at <= :as_at AND n.id <> l.id))
"""


def _known(alias: str, *, as_at: bool) -> str:
    known = f"AND {alias}.recorded_at <= :as_at" if as_at else ""
    return f"{alias}.force = c.force AND {alias}.case_id = c.id {known}"


def case_json(*, as_at: bool = False) -> str:
    """Give the JSONB of a case over `c`, `p`, `s` and `g`, as it stands in a list."""
    return f"""(jsonb_build_object(
        'id', c.id, 'reference', c.reference, 'force', c.force, 'person_id', c.person_id,
        'person', {person_json(as_at=as_at)},
        'kind', c.kind, 'stage', c.stage, 'category', c.category, 'level', c.level,
        'level_since', c.level_since, 'criteria', to_jsonb(c.criteria),
        'unconfirmed', to_jsonb(c.unconfirmed), 'risk', c.risk, 'state', c.state,
        'state_since', c.state_since, 'state_reason', c.state_reason,
        'lead_agency', c.lead_agency, 'agencies', to_jsonb(c.agencies),
        'manager', c.owner_officer, 'owner_officer', c.owner_officer, 'owner_team', {TEAM},
        'attendee', coalesce(c.attendee, c.owner_officer),
        'lpa', CASE WHEN NOT {HIDDEN} THEN s.lpa END,
        'neighbourhood', CASE WHEN NOT {HIDDEN} THEN s.neighbourhood END)
      || jsonb_build_object(
        'disposal', c.disposal, 'sentence_months', c.sentence_months,
        'offence_code', c.offence_code, 'grounds', c.grounds, 'authorised_by', c.authorised_by,
        'referred_at', c.referred_at, 'referring_agency', c.referring_agency,
        'referral_reason', c.referral_reason, 'decided_at', c.decided_at,
        'decided_by', c.decided_by, 'decision_reason', c.decision_reason,
        'started_on', c.started_on, 'ended_at', c.ended_at, 'exit_reason', c.exit_reason,
        'exit_note', c.exit_note, 'last_meeting_at', c.last_meeting_at,
        'meeting_due_at', c.meeting_due_at,
        'is_meeting_overdue', coalesce(c.stage = 'open' AND c.meeting_due_at < :now, false),
        'recorded_at', c.recorded_at, 'updated_at', c.updated_at, 'version', c.version))"""


def whole_json(*, as_at: bool = False) -> str:
    """Give the JSONB of a case with all that hangs on it, and `masked`."""
    level = _known("l", as_at=as_at)
    ended = "coalesce(a.ended_recorded_at <= :as_at, false)" if as_at else "true"
    until = f"CASE WHEN {_ENDED_BY_THEN} THEN l.until_at END" if as_at else "l.until_at"
    signed = "r.signed_off_at <= :as_at" if as_at else "true"
    standing = "b.withdrawn_at IS NULL"
    if as_at:
        standing += " OR b.withdrawn_at > :as_at"
    return f"""({case_json(as_at=as_at)} || jsonb_build_object(
        'levels', (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'category', l.category, 'level', l.level, 'from', l.from_at, 'until', {until},
            'risk', l.risk, 'criteria', to_jsonb(l.criteria), 'reason', l.reason,
            'actor', l.actor) ORDER BY l.from_at, l.recorded_at), '[]')
            FROM mappa_levels l WHERE {level}),
        'meetings', (SELECT coalesce(jsonb_agg({_meeting_json(as_at=as_at)}
                                               ORDER BY m.held_at, m.id), '[]')
            FROM mappa_meetings m WHERE {_known("m", as_at=as_at)}),
        'risk_plans', (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', r.id, 'risks', to_jsonb(r.risks), 'risk_to', to_jsonb(r.risk_to),
            'imminence', r.imminence, 'protective_factors', to_jsonb(r.protective_factors),
            'contingency', r.contingency, 'owner_officer', r.owner_officer,
            'review_on', r.review_on,
            'signed_off_at', CASE WHEN {signed} THEN r.signed_off_at END,
            'signed_off_by', CASE WHEN {signed} THEN r.signed_off_by END,
            'recorded_by', r.recorded_by, 'recorded_at', r.recorded_at)
            ORDER BY r.recorded_at DESC, r.id), '[]')
            FROM mappa_risk_plans r WHERE {_known("r", as_at=as_at)}),
        'actions', (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', a.id, 'action', a.action, 'owner_officer', a.owner_officer,
            'owner_team', a.owner_team, 'owner_agency', a.owner_agency, 'due_at', a.due_at,
            'state', CASE WHEN {ended} THEN a.state ELSE 'open' END,
            'ended_at', CASE WHEN {ended} THEN a.ended_at END,
            'ended_by', CASE WHEN {ended} THEN a.ended_by END,
            'result', CASE WHEN {ended} THEN a.result END) ORDER BY a.due_at, a.id), '[]')
            FROM mappa_actions a WHERE {_known("a", as_at=as_at)}),
        'local_summary', (SELECT {summary_json(as_at=as_at)}
            FROM mappa_local_summaries b WHERE {_known("b", as_at=as_at)} AND ({standing})
            ORDER BY b.recorded_at DESC LIMIT 1),
        'masked', to_jsonb({masked(with_minutes=True, as_at=as_at)})))"""


def _meeting_json(*, as_at: bool) -> str:
    minuted = "m.minutes_at <= :as_at" if as_at else "true"
    return f"""jsonb_build_object(
        'id', m.id, 'type', m.type, 'level', m.level, 'held_at', m.held_at,
        'was_due_at', m.was_due_at, 'chair', m.chair, 'attendance', m.attendance,
        'decisions', to_jsonb(m.decisions),
        'minutes', CASE WHEN :sees_minutes AND {minuted} THEN m.minutes END,
        'minutes_due_at', m.minutes_due_at, 'minutes_at', CASE WHEN {minuted} THEN m.minutes_at END,
        'recorded_by', m.recorded_by)"""


def masked(*, with_minutes: bool, as_at: bool = False) -> str:
    """Give the text[] that names what the reader is not shown."""
    minutes = f"""
        || CASE WHEN NOT :sees_minutes AND EXISTS (
               SELECT FROM mappa_meetings m
               WHERE m.force = c.force AND m.case_id = c.id AND m.minutes IS NOT NULL
                 {"AND m.minutes_at <= :as_at" if as_at else ""})
           THEN ARRAY['meetings.minutes'] ELSE CAST('{{}}' AS text[]) END
    """
    return f"""(CASE WHEN {HIDDEN} THEN ARRAY['lpa', 'neighbourhood']
                 ELSE CAST('{{}}' AS text[]) END {minutes if with_minutes else ""})"""
