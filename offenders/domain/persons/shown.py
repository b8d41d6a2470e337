"""How a person is shown within another capability's record, the same wherever one stands."""

from __future__ import annotations

from offenders.domain.persons.moves import hung_as_at

# The fields that every summary, list item and search result shows alike, over `p`.
IDENTITY_JSON = """
    'id', p.id, 'reference', p.reference, 'force', p.force, 'family_name', p.family_name,
    'given_names', p.given_names, 'date_of_birth', p.date_of_birth, 'sex', p.sex,
    'is_child', coalesce(p.date_of_birth > CAST(:today AS date) - interval '18 years', false)
"""
_ACTIVE_NOW = "m.removed_at IS NULL"
_ACTIVE_THEN = "m.recorded_at <= :as_at AND (m.removed_at IS NULL OR m.removed_at > :as_at)"


def person_json(*, as_at: bool = False) -> str:
    """Give the JSON of a person `p` with active markers; it takes `:today`, and `:as_at` if so."""
    whose = hung_as_at("person_markers", "m", "p.id") if as_at else "m.person_id = p.id"
    return f"""
        json_build_object({IDENTITY_JSON}, 'markers', (
            SELECT coalesce(json_agg(json_build_object('code', m.code, 'name', c.name)
                                     ORDER BY m.code), '[]')
            FROM person_markers m
            LEFT JOIN code_entries c ON c.list = 'warning_markers' AND c.code = m.code
            WHERE m.force = p.force AND {whose}
              AND {_ACTIVE_THEN if as_at else _ACTIVE_NOW}))
    """
