"""Sections of a pack about orders, managed people and flags."""

from __future__ import annotations

from typing import Final

from offenders.domain.meetings.sources import (
    AREA,
    OWN_AREA,
    OWNER,
    List,
    Source,
    known,
    lateness,
    new,
    placed,
    then,
)

_ORDERS: Final = "/v1/orders"
# As the list of orders shows them: what the day has ended or begun the job need not have said yet.
_BINDS: Final = """
    (o.state IN ('in_force', 'varied')
     OR (o.state = 'granted' AND o.in_force_on <= CAST(:today AS date)))
    AND (o.expires_on IS NULL OR o.expires_on >= CAST(:today AS date))
"""
_ORDER: Final = f"""
    'order_type', x.type, 'state', x.state, 'made_on', x.made_on, 'expires_on', x.expires_on,
    'monitoring', x.monitoring, 'last_checked_on', x.last_checked_on,
    'check_due_on', x.check_due_on, {AREA}, {OWNER}
"""
_DAY_OF_SINCE: Final = "(CAST(:since AS timestamptz) AT TIME ZONE 'Europe/London')::date"
# Flags say by which figure somebody is of note; a job has judged it before.
_FLAGGED: Final = """
    LEFT JOIN (
        SELECT f.subject_id, array_agg(f.rule ORDER BY f.rule) AS rules FROM flags_history f
        WHERE f.force = :force AND {then} AND f.state <> 'cleared'
          AND f.subject_type = '{subject}'
        GROUP BY f.subject_id) n ON n.subject_id = {alias}.id
"""


def _of_note(table: str, alias: str, subject: str, condition: str) -> str:
    """Select records of a kind that the meeting looks at: flagged, or by a condition."""
    flagged = _FLAGGED.format(then=then("f"), subject=subject, alias=alias)
    return f"""
        SELECT {alias}.*, s.*, coalesce(n.rules, '{{}}') AS rules
        {placed(table, alias, joins=flagged)} AND {condition.format(flagged="n.rules IS NOT NULL")}
    """


_IOM_NEW: Final = "(m.rated_at >= :since AND m.rated_at <= :cut_off)"
_LEVEL_NEW: Final = "(c.level_since >= :since AND c.level_since <= :cut_off)"
_RISK_NEW: Final = f"coalesce(r.risk_since BETWEEN {_DAY_OF_SINCE} AND CAST(:today AS date), false)"
_ABSENCES: Final = "CROSS JOIN jsonb_array_elements(r.absences) a"
_BREACHES: Final = f"""
    JOIN order_breaches_history z ON z.force = o.force AND z.order_id = o.id AND {then("z")}
"""

SOURCES: Final = (
    Source(
        section="order_breaches",
        subject_type="'order'",
        rows=f"""
            SELECT o.*, s.*, z.occurred_at, z.found_how, z.action, z.reviewed_at
            {placed("orders", "o", joins=_BREACHES)}
              AND o.state <> 'entered_in_error' AND {new("z.occurred_at", "z.recorded_at")}
        """,
        facts=f"""
            'occurred_at', x.occurred_at, 'found_how', x.found_how, 'action', x.action,
            'reviewed_at', x.reviewed_at, {_ORDER}
        """,
        order="x.occurred_at, x.id",
        known=known("orders"),
        group=lateness("x.occurred_at"),
        follows="x.follows",
    ),
    Source(
        section="orders_to_check",
        subject_type="'order'",
        rows=f"""
            SELECT o.*, s.* {placed("orders", "o")} AND {_BINDS}
              AND o.check_due_on <= CAST(:ahead_on AS date)
        """,
        facts=f"{_ORDER}, 'overdue', x.check_due_on < CAST(:today AS date)",
        order="x.check_due_on, x.id",
        known=known("orders"),
        group="CASE WHEN x.check_due_on < CAST(:today AS date) THEN 'overdue' ELSE 'due' END",
        follows="x.follows",
        lists={"overdue": List(_ORDERS, {"check_overdue": "true"})},
    ),
    Source(
        section="orders_expiring",
        subject_type="'order'",
        rows=f"""
            SELECT o.*, s.* {placed("orders", "o")} AND {_BINDS}
              AND o.expires_on <= CAST(:ahead_on AS date)
        """,
        facts=_ORDER,
        order="x.expires_on, x.id",
        known=known("orders"),
        follows="x.follows",
        lists={"all": List(_ORDERS, {"expires_before": ":after_ahead_on"})},
    ),
    Source(
        section="iom",
        subject_type="'iom_member'",
        rows=_of_note(
            "iom_members",
            "m",
            "iom_member",
            f"""m.exited_at IS NULL
                AND (m.catch_and_convict OR {{flagged}} OR {_IOM_NEW})""",
        ),
        facts=f"""
            'scheme', x.scheme, 'cohort', x.cohort, 'theme', x.theme, 'rating', x.rating,
            'rated_at', x.rated_at, 'rating_is_new', x.rated_at >= :since,
            'catch_and_convict', x.catch_and_convict, 'lead_agency', x.lead_agency,
            'owner_officer', x.lead_officer, 'owner_team', x.lead_team,
            'review_due_at', x.review_due_at, 'flags', to_json(x.rules), {AREA}
        """,
        order="""x.catch_and_convict DESC,
            array_position(ARRAY['red', 'amber', 'green', 'blue'], x.rating), x.id""",
        known=known("iom_members"),
        group="""CASE WHEN x.catch_and_convict THEN 'catch_and_convict'
            WHEN x.rated_at >= :since THEN 'rating_changed' ELSE 'flagged' END""",
        follows="x.follows",
        lists={"catch_and_convict": List("/v1/iom/members", {"catch_and_convict": "true"})},
    ),
    Source(
        section="registered",
        subject_type="'registration'",
        rows=_of_note(
            "registrations",
            "r",
            "registration",
            f"r.state <> 'closed' AND ({{flagged}} OR {_RISK_NEW})",
        ),
        facts=f"""
            'risk', x.risk, 'risk_since', x.risk_since, 'management', x.management,
            'last_seen_on', x.last_seen_on, 'visit_planned_for', x.visit_planned_for,
            'notification_due_on', x.notification_due_on, 'flags', to_json(x.rules),
            {AREA}, {OWNER}
        """,
        order="""array_position(ARRAY['very_high','high','medium','low'], x.risk) NULLS FIRST,
            x.last_seen_on NULLS FIRST, x.id""",
        known=known("registrations"),
        group="""CASE WHEN 'registration-visits' = ANY (x.rules) THEN 'visit_overdue'
            WHEN cardinality(x.rules) > 0 THEN 'flagged' ELSE 'risk_changed' END""",
        follows="x.follows",
    ),
    Source(
        section="mappa",
        subject_type="'mappa_case'",
        rows=_of_note(
            "mappa_cases", "c", "mappa_case", f"c.stage = 'open' AND ({{flagged}} OR {_LEVEL_NEW})"
        ),
        facts=f"""
            'kind', x.kind, 'category', x.category, 'level', x.level,
            'level_since', x.level_since, 'state', x.state, 'risk', x.risk,
            'lead_agency', x.lead_agency, 'meeting_due_at', x.meeting_due_at,
            'flags', to_json(x.rules), {AREA}, {OWNER}
        """,
        order="x.level DESC, x.meeting_due_at NULLS LAST, x.id",
        known=known("mappa_cases"),
        group="CASE WHEN cardinality(x.rules) > 0 THEN 'flagged' ELSE 'level_changed' END",
        follows="x.follows",
    ),
    Source(
        section="releases_due",
        subject_type="'registration'",
        rows=f"""
            SELECT r.*, s.*, a ->> 'reason' AS away, (a ->> 'until')::date AS release_on,
                   a ->> 'place' AS place_of
            {placed("registrations", "r", joins=_ABSENCES)}
              AND r.state <> 'closed' AND a ->> 'reason' IN ('custody', 'hospital')
              AND (a ->> 'until')::date BETWEEN CAST(:today AS date) AND CAST(:ahead_on AS date)
        """,
        facts=f"""
            'released_from', x.away, 'release_on', x.release_on, 'risk', x.risk, {AREA}, {OWNER}
        """,
        order="x.release_on, x.id",
        known="""
            SELECT FROM registrations r WHERE r.force = :force AND r.recorded_at <= :as_at
              AND jsonb_path_exists(r.absences, '$[*].until ? (@ != null)')
        """,
        follows="x.follows",
    ),
    Source(
        section="flags",
        subject_type="x.subject_type",
        rows=f"""
            SELECT f.id AS flag_id, f.subject_id AS id, f.subject_reference AS reference,
                   f.person_id, f.subject_type, f.rule, f.severity, f.state, f.due_at,
                   f.raised_at, f.lpa, f.neighbourhood, f.owner_officer, f.owner_team,
                   f.person_id IS NOT NULL AS follows, k.subject_type AS task_about
            FROM flags_history f
            LEFT JOIN tasks k ON f.subject_type = 'task' AND k.force = f.force
                             AND k.id = f.subject_id
            WHERE f.force = :force AND {then("f")} AND f.state <> 'cleared'
              AND {OWN_AREA.format("f")}
        """,
        facts=f"""
            'flag_id', x.flag_id, 'rule', x.rule, 'severity', x.severity, 'state', x.state,
            'due_at', x.due_at, 'raised_at', x.raised_at, 'lpa', x.lpa,
            'neighbourhood', x.neighbourhood, {OWNER}
        """,
        order="""array_position(ARRAY['alert', 'warning', 'information'], x.severity),
            x.due_at NULLS LAST, x.raised_at, x.flag_id""",
        known="SELECT 1",
        group="x.rule",
        needs="""CASE WHEN x.subject_type IN ('mappa_case', 'registration')
            THEN 'flags:read-public-protection'
            WHEN x.subject_type IN ('emergency_access', 'reader') THEN 'emergency:review'
            WHEN x.task_about = 'mappa_case' THEN 'mappa:read'
            WHEN x.task_about = 'registration' THEN 'registrations:read-full' END""",
        follows="x.follows",
        lists={"by_rule": List("/v1/flags")},
    ),
)
