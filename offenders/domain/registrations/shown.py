"""What is shown of a registration: to whom in full, to whom a part, and what is then masked."""

from __future__ import annotations

from typing import Final

from offenders.domain.persons.shown import person_json
from offenders.domain.registrations.periods import HELD_SECTION

HIDDEN = "(NOT :sees_protected AND s.follows AND g.are_addresses_protected)"
TEAM = f"""
    CASE WHEN {HIDDEN} AND left(r.owner_team, 5) = 'DUTY-'
         THEN 'DUTY-' || r.force ELSE r.owner_team END
"""
# What only those see who manage registered people or answer for them.
IN_FULL: Final = {
    "disposals": "r.disposals",
    "starts_on": "r.starts_on",
    "relevant_date": "r.relevant_date",
    "disposal": "r.disposal",
    "notification_indefinite": "r.is_indefinite",
    "notification_ends_on": "e.ends_on",
    "because": f"""r.because || CASE WHEN k.is_held THEN jsonb_build_object(
        'held_by', h.by, 'held_by_type', h.type, 'held_section', '{HELD_SECTION}',
        'own_end', r.ends_on) ELSE '{{}}' END""",
    "risk_since": "r.risk_since",
    "management": "r.management",
    "reactive_review_due_on": "r.reactive_review_due_on",
    "absences": "r.absences",
    "travel": "r.travel",
    "has_no_fixed_abode": "r.has_no_fixed_abode",
    "first_notified_on": "r.first_notified_on",
    "last_notified_on": "r.last_notified_on",
    "notification_stage": "r.notification_stage",
    "notification_section": "r.notification_section",
    "notification_due_on": "d.notification_due_on",
    "notification_overdue": "d.notification_overdue",
    "last_seen_on": "r.last_seen_on",
    "failed_visits": "r.failed_visits",
    "visit_planned_for": "r.visit_planned_for",
    "visit_months": "r.visit_months",
    "visit_due_on": "d.visit_due_on",
    "visit_overdue": "d.visit_overdue",
    "last_arms_on": "r.last_arms_on",
    "arms_priority": "r.arms_priority",
    "arms_due_on": "d.arms_due_on",
    "arms_overdue": "d.arms_overdue",
    "review_applied_on": "r.review_applied_on",
    "review_determined_on": "r.review_determined_on",
    "review_determination": "r.review_determination",
    "next_review_on": "CASE WHEN r.is_indefinite THEN r.next_review_on END",
    "is_withheld_locally": "r.is_withheld_locally",
    "outcome": "r.outcome",
    "outcome_at": "r.outcome_at",
    "outcome_reason": "r.outcome_reason",
    "outcome_details": "r.outcome_details",
}
MASKS = f"""
    array_cat(CASE WHEN {HIDDEN} THEN ARRAY['lpa', 'neighbourhood'] ELSE '{{}}' END,
              CASE WHEN :sees_registrations THEN '{{}}'
                   ELSE ARRAY[{", ".join(repr(each) for each in IN_FULL)}] END)
"""


_SUMMARY: Final = (
    "disposal",
    "notification_indefinite",
    "notification_ends_on",
    "management",
    "has_no_fixed_abode",
    "notification_due_on",
    "notification_overdue",
    "visit_due_on",
    "visit_overdue",
    "arms_due_on",
    "arms_overdue",
)


def summary_json() -> str:
    """Give the JSON of a registration as a person's summary shows it."""
    full = ", ".join(
        f"'{name}', CASE WHEN :sees_registrations THEN {IN_FULL[name]} END" for name in _SUMMARY
    )
    masks = ", ".join(f'"{name}"' for name in _SUMMARY)
    return f"""json_build_object(
        'id', r.id, 'reference', r.reference, 'state', s.state, 'risk', r.risk,
        'local_summary', r.local_summary, 'offender_manager', r.owner_officer,
        'owner_team', {TEAM}, {full},
        'masked', CASE WHEN :sees_registrations THEN CAST('[]' AS json)
                       ELSE CAST('[{masks}]' AS json) END)"""


def registration_json(*, as_at: bool = False) -> str:
    """Give the JSON of a registration over `r`, `p`, `s`, `d`, `e`, `h` and `k`."""
    # More pairs than one function call takes arguments.
    full = [f"'{name}', {value}" for name, value in IN_FULL.items()]
    half = len(full) // 2
    return f"""
        (jsonb_build_object(
            'id', r.id, 'reference', r.reference, 'force', r.force, 'person_id', r.person_id,
            'person', {person_json(as_at=as_at)}, 'state', s.state, 'risk', r.risk,
            'local_summary', r.local_summary,
            'lpa', CASE WHEN NOT {HIDDEN} THEN s.lpa END,
            'neighbourhood', CASE WHEN NOT {HIDDEN} THEN s.neighbourhood END,
            'offender_manager', r.owner_officer, 'owner_officer', r.owner_officer,
            'owner_team', {TEAM}, 'masked', {MASKS},
            'recorded_at', r.recorded_at, 'updated_at', r.updated_at, 'version', r.version)
         || CASE WHEN :sees_registrations THEN jsonb_build_object({", ".join(full[:half])})
                || jsonb_build_object({", ".join(full[half:])})
            ELSE (SELECT jsonb_object_agg(name, NULL) FROM unnest(
                  ARRAY[{", ".join(repr(each) for each in IN_FULL)}]) name) END)"""
