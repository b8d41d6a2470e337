"""Flagging records that the last full extract of their source lacks; nothing is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from offenders.domain.flags.service import DueSource
from offenders.domain.flags.service import settle as settle_flags
from offenders.domain.imports import store
from offenders.domain.imports.problems import WARNING, Problem
from offenders.domain.imports.seen import noted

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.domain.imports.kinds import Kind

RULE: Final = "not-in-source"
_WHAT: Final = "The last full extract of the source no longer holds this record."
_BACK: Final = "The record is in the last full extract again, or has ended."

_MISSING: Final = """
    SELECT s.subject_id FROM import_sources s
    WHERE s.force = :force AND s.kind = :kind
    GROUP BY s.subject_id
    HAVING NOT bool_or(EXISTS (
        SELECT 1 FROM pg_temp.import_seen f WHERE f.source_ref = s.source_ref))
"""
# The flags of other kinds stay as they are: this file says nothing of them.
_OTHERS: Final = """
    SELECT subject_type, subject_id, subject_reference, person_id, lpa, neighbourhood,
           owner_officer, owner_team, severity, because, due_at
    FROM flags WHERE force = :force AND rule = :rule AND state <> 'cleared'
      AND subject_type <> :subject_type
"""
_BECAUSE: Final = """
    jsonb_build_object('rule', CAST(:rule AS text), 'what', CAST(:what AS text),
                       'kind', CAST(:kind AS text))
"""
# What has an area of its own stands there; else where its person lives: never half of each.
_AREA: Final = """
    CASE WHEN {0}.lpa IS NULL AND {0}.neighbourhood IS NULL THEN p.lpa ELSE {0}.lpa END AS lpa,
    CASE WHEN {0}.lpa IS NULL AND {0}.neighbourhood IS NULL THEN p.neighbourhood
         ELSE {0}.neighbourhood END AS neighbourhood
"""
_SUBJECTS: Final = {
    "people": (
        "person",
        f"""
        SELECT 'person' AS subject_type, p.id AS subject_id, p.reference AS subject_reference,
               p.id AS person_id, p.lpa, p.neighbourhood, NULL AS owner_officer,
               'DUTY-' || coalesce(p.lpa, p.force) AS owner_team, 'warning' AS severity,
               {_BECAUSE} AS because, CAST(NULL AS timestamptz) AS due_at
        FROM persons p WHERE p.force = :force AND p.id IN ({_MISSING})
        """,
    ),
    "wanted": (
        "want",
        f"""
        SELECT 'want' AS subject_type, w.id AS subject_id, w.reference AS subject_reference,
               w.person_id, w.lpa, w.neighbourhood, w.owner_officer, w.owner_team,
               'warning' AS severity, {_BECAUSE} AS because, CAST(NULL AS timestamptz) AS due_at
        FROM wants w
        WHERE w.force = :force AND w.state = 'outstanding' AND w.id IN ({_MISSING})
        """,
    ),
    "custody": (
        "detention",
        f"""
        SELECT 'detention' AS subject_type, d.id AS subject_id,
               d.reference AS subject_reference, d.person_id, d.lpa,
               CAST(NULL AS text) AS neighbourhood, NULL AS owner_officer,
               'DUTY-' || coalesce(d.lpa, d.force) AS owner_team, 'warning' AS severity,
               {_BECAUSE} AS because, CAST(NULL AS timestamptz) AS due_at
        FROM detentions d WHERE d.force = :force AND d.id IN ({_MISSING})
        """,
    ),
    "bail": (
        "bail_record",
        f"""
        SELECT 'bail_record' AS subject_type, b.id AS subject_id,
               b.reference AS subject_reference, b.person_id, {_AREA.format("b")}, b.owner_officer,
               b.owner_team, 'warning' AS severity, {_BECAUSE} AS because,
               CAST(NULL AS timestamptz) AS due_at
        FROM bail_records b JOIN persons p ON p.force = b.force AND p.id = b.person_id
        WHERE b.force = :force AND b.state <> 'closed' AND b.id IN ({_MISSING})
        """,
    ),
    "registrations": (
        "registration",
        f"""
        SELECT 'registration' AS subject_type, r.id AS subject_id,
               r.reference AS subject_reference, r.person_id, {_AREA.format("r")}, r.owner_officer,
               r.owner_team, 'warning' AS severity, {_BECAUSE} AS because,
               CAST(NULL AS timestamptz) AS due_at
        FROM registrations r JOIN persons p ON p.force = r.force AND p.id = r.person_id
        WHERE r.force = :force AND r.state <> 'closed' AND r.id IN ({_MISSING})
        """,
    ),
    "mappa": (
        "mappa_case",
        f"""
        SELECT 'mappa_case' AS subject_type, c.id AS subject_id,
               c.reference AS subject_reference, c.person_id, {_AREA.format("c")}, c.owner_officer,
               c.owner_team, 'warning' AS severity, {_BECAUSE} AS because,
               CAST(NULL AS timestamptz) AS due_at
        FROM mappa_cases c JOIN persons p ON p.force = c.force AND p.id = c.person_id
        WHERE c.force = :force AND c.stage = 'open' AND c.id IN ({_MISSING})
        """,
    ),
    "orders": (
        "order",
        f"""
        SELECT 'order' AS subject_type, o.id AS subject_id, o.reference AS subject_reference,
               o.person_id, {_AREA.format("o")}, o.owner_officer,
               o.owner_team, 'warning' AS severity, {_BECAUSE} AS because,
               CAST(NULL AS timestamptz) AS due_at
        FROM orders o JOIN persons p ON p.force = o.force AND p.id = o.person_id
        WHERE o.force = :force AND o.state IN ('applied', 'granted', 'in_force', 'varied')
          AND o.id IN ({_MISSING})
        """,
    ),
    "forensic-hits": (
        "forensic_hit",
        f"""
        SELECT 'forensic_hit' AS subject_type, h.id AS subject_id,
               h.reference AS subject_reference, h.person_id, h.lpa, h.neighbourhood,
               h.owner_officer, h.owner_team, 'warning' AS severity, {_BECAUSE} AS because,
               CAST(NULL AS timestamptz) AS due_at
        FROM forensic_hits h
        WHERE h.force = :force AND h.state IN ('received', 'researched', 'allocated')
          AND h.id IN ({_MISSING})
        """,
    ),
    "iom": (
        "iom_member",
        f"""
        SELECT 'iom_member' AS subject_type, m.id AS subject_id,
               m.reference AS subject_reference, m.person_id, {_AREA.format("m")},
               m.lead_officer AS owner_officer, m.lead_team AS owner_team,
               'warning' AS severity, {_BECAUSE} AS because, CAST(NULL AS timestamptz) AS due_at
        FROM iom_members m JOIN persons p ON p.force = m.force AND p.id = m.person_id
        WHERE m.force = :force AND m.exited_at IS NULL AND m.id IN ({_MISSING})
        """,
    ),
}


def settle(session: Session, kind: Kind, unreadable: int) -> list[Problem]:
    """Flag what is missing and clear what is back; give what is to be said of the file.

    What the file has named was noted on this connection by `seen`.
    """
    if kind.settle_extract is None and kind.name not in _SUBJECTS:
        return []
    seen = noted(session)
    if not seen and not unreadable and store.has_sources(session, kind.name):
        problem = "The file has no rows, so nothing was taken as missing."
        action = "Find out whether the source has sent its extract, and send it again."
        return [Problem(0, None, WARNING, "", problem, action)]
    if kind.settle_extract is not None:
        return kind.settle_extract(session, seen, unreadable)
    if unreadable:
        problem = f"{unreadable} rows could not be told apart, so nothing was flagged as missing."
        action = "Correct the refused rows without a key, and send the full extract again."
        return [Problem(0, None, WARNING, "", problem, action)]
    subject_type, sql = _SUBJECTS[kind.name]
    values: dict[str, Any] = {
        "force": session.info["force"],
        "kind": kind.name,
        "rule": RULE,
        "what": _WHAT,
        "subject_type": subject_type,
    }
    source = DueSource(f"{sql} UNION ALL {_OTHERS}", values)
    settle_flags(session, rule=RULE, source=source, because=_BACK)
    return []
