"""What hangs on a person, kind by kind: its table, its JSON and who may see it."""

from __future__ import annotations

from dataclasses import dataclass

from offenders.domain.persons.moves import owner_as_at

_RECORDED = "'recorded_at', r.recorded_at, 'recorded_by', r.recorded_by"
# What came after the moment asked for is not shown as known at that moment.
_REMOVED = """
    (r.removed_at IS NOT NULL
     AND (CAST(:as_at AS timestamptz) IS NULL OR r.removed_at <= :as_at))
"""
# Two records of one person may have been associated: since their merge that says nothing.
_OTHER_PRESENT = """
    JOIN persons o ON o.force = r.force AND o.id = r.other_person_id AND o.merged_into IS NULL
"""
_OTHER_AS_AT = f"""
    JOIN persons_history o ON o.force = r.force AND o.id = {owner_as_at("r", "other_person_id")}
     AND o.recorded_from <= :as_at AND (o.recorded_to IS NULL OR o.recorded_to > :as_at)
     AND o.merged_into IS NULL
"""


@dataclass(frozen=True)
class Kind:
    """A kind of entry over `r`; `condition` says which of them the reader may see."""

    table: str
    json: str
    condition: str = "true"
    joins_other: bool = False

    def source(self, *, as_at: bool = False) -> str:
        """Give FROM and WHERE of what the reader may see, now or at the moment `:as_at`."""
        join = (_OTHER_AS_AT if as_at else _OTHER_PRESENT) if self.joins_other else ""
        known = " AND r.recorded_at <= :as_at" if as_at else ""
        return f"""
            FROM {self.table} r {join}
            WHERE r.force = :force AND {self.condition}{known}
        """


_AS_AT = "CAST(:as_at AS timestamptz)"
# A review moves the day; before it was recorded the marker said what the review says it had said.
_REVIEW_ON = f"""
    coalesce((SELECT v.was_due_on FROM person_marker_reviews v
              WHERE v.force = r.force AND v.marker_id = r.id AND v.recorded_at > {_AS_AT}
              ORDER BY v.recorded_at LIMIT 1), r.review_on)
"""
_REVIEWS = f"""
    (SELECT coalesce(json_agg(json_build_object('id', v.id, 'rationale', v.rationale,
                'review_on', v.review_on, 'occurred_at', v.occurred_at,
                'recorded_at', v.recorded_at, 'recorded_by', v.recorded_by)
            ORDER BY v.occurred_at DESC, v.id DESC), '[]')
     FROM person_marker_reviews v
     WHERE v.force = r.force AND v.marker_id = r.id
       AND ({_AS_AT} IS NULL OR v.recorded_at <= {_AS_AT}))
"""
_TODAY = f"""
    coalesce(CAST({_AS_AT} AT TIME ZONE 'Europe/London' AS date), CAST(:today AS date))
"""

KINDS = {
    "aliases": Kind(
        "person_names",
        f"""json_build_object('id', r.id, 'type', r.type, 'family_name', r.family_name,
            'given_names', r.given_names, 'date_of_birth', r.date_of_birth, {_RECORDED})""",
    ),
    "dates-of-birth": Kind(
        "person_dates_of_birth",
        f"""json_build_object('id', r.id, 'date_of_birth', r.date_of_birth,
            'precision', r.precision, {_RECORDED})""",
    ),
    "identifiers": Kind(
        "person_identifiers",
        f"""json_build_object('id', r.id, 'type', r.type, 'value', r.value, 'state', r.state,
            'raw_value', r.raw_value, 'source', r.source, {_RECORDED})""",
    ),
    "addresses": Kind(
        "person_addresses",
        f"""json_build_object('id', r.id, 'lines', r.lines, 'postcode', r.postcode,
            'latitude', r.latitude, 'longitude', r.longitude,
            'neighbourhood', r.neighbourhood, 'type', r.type, 'from', r.from_on,
            'to', r.to_on, {_RECORDED})""",
        """(:sees_protected OR NOT EXISTS (
                SELECT 1 FROM persons o WHERE o.force = r.force AND o.id = r.person_id
                 AND o.are_addresses_protected))""",
    ),
    "vehicles": Kind(
        "person_vehicles",
        f"""json_build_object('id', r.id, 'registration_mark', r.registration_mark,
            'make', r.make, 'model', r.model, 'colour', r.colour, {_RECORDED})""",
    ),
    "markers": Kind(
        "person_markers",
        f"""json_build_object('id', r.id, 'code', r.code,
            'name', (SELECT c.name FROM code_entries c
                     WHERE c.list = 'warning_markers' AND c.code = r.code),
            'verified', coalesce((SELECT c.verified FROM code_entries c
                     WHERE c.list = 'warning_markers' AND c.code = r.code), false),
            'rationale', r.rationale, 'source', r.source, 'from', r.from_on,
            'review_on', {_REVIEW_ON}, 'reviews', {_REVIEWS},
            'is_review_overdue', NOT {_REMOVED} AND {_REVIEW_ON} < {_TODAY},
            'state', CASE WHEN {_REMOVED} THEN 'removed' ELSE 'active' END,
            'removed_at', CASE WHEN {_REMOVED} THEN r.removed_at END,
            'removed_by', CASE WHEN {_REMOVED} THEN r.removed_by END,
            'removal_reason', CASE WHEN {_REMOVED} THEN r.removal_reason END, {_RECORDED})""",
        f"(:state = 'all' OR (:state = 'removed') = {_REMOVED})",
    ),
    "associations": Kind(
        "person_associations",
        f"""json_build_object('id', r.id, 'person_id', o.id,
            'person', json_build_object('id', o.id, 'reference', o.reference,
                'family_name', o.family_name, 'given_names', o.given_names),
            'type', r.type, 'from', r.from_on, 'to', r.to_on, 'notes', r.notes, {_RECORDED})""",
        "(r.type <> 'victim_of' OR :sees_protected)",
        joins_other=True,
    ),
    "notes": Kind(
        "person_notes",
        f"""json_build_object('id', r.id, 'text', r.text, 'grade', r.grade,
            'handling', r.handling, 'agency', r.agency, 'occurred_at', r.occurred_at,
            {_RECORDED})""",
        "(r.handling = ANY (:handlings) OR r.recorded_by = :reader)",
    ),
}
