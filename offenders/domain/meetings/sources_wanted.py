"""Sections of a pack about who is wanted: new, ended, by risk; and about forensic hits."""

from __future__ import annotations

from typing import Final

from offenders.domain.forensics.listing import STATE as STATE_OF_HIT
from offenders.domain.forensics.rules import OPEN
from offenders.domain.meetings.sources import (
    AREA,
    IN_WINDOW,
    OFFENCE,
    OWN_AREA,
    OWNER,
    List,
    Source,
    known,
    lateness,
    new,
    then,
)

_WANTED: Final = "/v1/wanted"
_WANTS: Final = f"""
    FROM wants_history w WHERE w.force = :force AND {then("w")} AND {OWN_AREA.format("w")}
"""
_RANK: Final = "array_position(ARRAY['very_high','high','medium','standard'], x.risk)"
_OVERDUE: Final = ", ".join(
    f"CASE WHEN x.{column} < :cut_off THEN '{name}' END"
    for name, column in (
        ("arrest", "target_arrest_by"),
        ("review", "review_due_at"),
        ("validation", "validation_due_at"),
        ("activity", "activity_due_at"),
    )
)
_WANT: Final = f"""
    'reason', x.reason, {OFFENCE}, 'crime_reference', x.crime_reference, 'risk', x.risk,
    'domestic_abuse', x.domestic_abuse, 'priority', x.priority, 'basis', x.basis,
    'circulation', x.circulation, 'lpa', x.lpa, 'neighbourhood', x.neighbourhood, {OWNER},
    'entered_at', x.entered_at
"""
_OUTSTANDING: Final = f"""
    {_WANT},
    'age_days', CAST(extract(epoch FROM CAST(:cut_off AS timestamptz) - x.entered_at) AS bigint)
                / 86400,
    'target_arrest_by', x.target_arrest_by, 'overdue', array_remove(ARRAY[{_OVERDUE}], NULL),
    'last_activity_at', x.last_activity_at,
    'last_action', (
        SELECT json_build_object('kind', a.kind, 'occurred_at', a.occurred_at)
        FROM want_actions a
        WHERE a.force = :force AND a.want_id = x.id AND a.handling = 'normal'
          AND a.recorded_at <= :as_at
        ORDER BY a.occurred_at DESC, a.id DESC LIMIT 1)
"""
_HIGH: Final = "(w.domestic_abuse OR w.risk IN ('very_high', 'high'))"
_BY_RISK: Final = """
    CASE WHEN x.risk IN ('very_high', 'high') THEN x.risk
         WHEN x.domestic_abuse THEN 'domestic_abuse_' || x.risk ELSE x.risk END
"""
_LATER: Final = {"entered_from": ":since", "entered_to": ":after", "state": "all"}
_ENDED_LATE: Final = f"""
    (w.updated_at > CAST(:previous AS timestamptz) AND NOT EXISTS (
        SELECT FROM wants_history b WHERE b.force = :force AND b.id = w.id
          AND {then("b", "previous")} AND b.state <> 'outstanding'))
"""


def _by_risk(*risks: str, domestic_abuse: str | None = None) -> dict[str, List]:
    given = {} if domestic_abuse is None else {"domestic_abuse": domestic_abuse}
    prefix = "domestic_abuse_" if domestic_abuse == "true" else ""
    return {f"{prefix}{risk}": List(_WANTED, {"risk": risk} | given) for risk in risks}


_HIT: Final = f"""
    'hit_type', x.type, 'crime_reference', x.crime_reference, {OFFENCE},
    'offence_class', x.offence_class, 'state', x.shown_state, 'person_state', x.person_state,
    'received_at', x.received_at, 'want_reference', x.want_reference, {AREA}, {OWNER},
    'allocated_at', x.allocated_at,
    'allocation_due_at', x.allocation_due_at, 'arrest_due_at', x.arrest_due_at
"""
# Laboratories name no area: without one a hit stands where its want does.
_HITS: Final = f"""
    SELECT h.*, ({STATE_OF_HIT}) AS shown_state, w.reference AS want_reference,
           coalesce(h.lpa, w.lpa) AS area_lpa,
           coalesce(h.neighbourhood, w.neighbourhood) AS area_neighbourhood,
           h.lpa IS NULL AND coalesce(w.follows_address, false) AS follows
    FROM forensic_hits_history h
    LEFT JOIN wants_history w ON w.force = h.force AND w.id = h.want_id AND {then("w")}
    WHERE h.force = :force AND {then("h")}
      AND (CAST(:lpa AS text) IS NULL OR coalesce(h.lpa, w.lpa) = :lpa)
"""
_OPEN: Final = ", ".join(f"'{each}'" for each in OPEN)

SOURCES: Final = (
    Source(
        section="new_wants",
        subject_type="'want'",
        rows=f"SELECT w.* {_WANTS} AND {new('w.entered_at', 'w.recorded_at')}",
        facts=f"{_WANT}, 'state', x.state",
        order=f"{_RANK}, x.entered_at, x.id",
        known=known("wants", by_area=True),
        group=lateness("x.entered_at"),
        follows="x.follows_address",
        lists={IN_WINDOW: List(_WANTED, _LATER)},
    ),
    Source(
        section="ended_wants",
        subject_type="'want'",
        rows=f"""
            SELECT w.* {_WANTS} AND w.state <> 'outstanding' AND w.outcome_at <= :cut_off
              AND (w.outcome_at >= :since OR {_ENDED_LATE})
        """,
        facts=f"""
            {_WANT}, 'outcome', x.state, 'outcome_at', x.outcome_at,
            'custody_number', x.custody_number
        """,
        order="x.outcome_at, x.id",
        known=known("wants", by_area=True),
        group=lateness("x.outcome_at"),
        follows="x.follows_address",
        lists={
            IN_WINDOW: List(
                _WANTED, {"outcome_from": ":since", "outcome_to": ":after", "state": "all"}
            )
        },
    ),
    Source(
        section="wants_high_risk",
        subject_type="'want'",
        rows=f"SELECT w.* {_WANTS} AND w.state = 'outstanding' AND {_HIGH}",
        facts=_OUTSTANDING,
        order=f"{_RANK}, NOT x.domestic_abuse, x.entered_at, x.id",
        known=known("wants", by_area=True),
        group=_BY_RISK,
        follows="x.follows_address",
        lists=_by_risk("very_high", "high") | _by_risk("medium", "standard", domestic_abuse="true"),
    ),
    Source(
        section="wants_other",
        subject_type="'want'",
        rows=f"SELECT w.* {_WANTS} AND w.state = 'outstanding' AND NOT {_HIGH}",
        facts=_OUTSTANDING,
        order=f"{_RANK}, x.entered_at, x.id",
        known=known("wants", by_area=True),
        group=_BY_RISK,
        follows="x.follows_address",
        lists=_by_risk("medium", "standard", domestic_abuse="false"),
    ),
    Source(
        section="new_hits",
        subject_type="'forensic_hit'",
        rows=f"{_HITS} AND {new('h.received_at', 'h.recorded_at')}",
        facts=_HIT,
        order="x.arrest_due_at, x.id",
        follows="x.follows",
        known=known("forensic_hits"),
        group=lateness("x.received_at"),
        lists={
            IN_WINDOW: List(
                "/v1/forensic-hits",
                {"received_from": ":since", "received_to": ":after"},
                is_of_force=True,
            )
        },
    ),
    Source(
        section="hits_to_allocate",
        subject_type="'forensic_hit'",
        rows=f"""
            {_HITS} AND h.allocated_at IS NULL AND ({STATE_OF_HIT}) IN ({_OPEN})
              AND NOT {new("h.received_at", "h.recorded_at")}
        """,
        facts=_HIT,
        order="x.allocation_due_at, x.id",
        follows="x.follows",
        known=known("forensic_hits"),
    ),
)
