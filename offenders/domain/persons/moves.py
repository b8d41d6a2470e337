"""Whose a row was at a past moment: merges and their reversals move rows from person to person.

The first move that was recorded after the moment tells; where there is none, the row stood then
where it stands now. All of it takes `:force` and `:as_at`.
"""

from __future__ import annotations


def owner_as_at(alias: str, column: str = "person_id") -> str:
    """Give the person of a row `alias` at the moment `:as_at`."""
    return f"""
        coalesce((SELECT v.from_person FROM person_moves v
                  WHERE v.force = :force AND v.row_id = {alias}.id
                    AND v.column_name = '{column}' AND v.recorded_at > :as_at
                  ORDER BY v.recorded_at LIMIT 1), {alias}.{column})
    """


def hung_as_at(table: str, alias: str, person: str) -> str:
    """Give the condition that a row `alias` of `table` was of `person` at the moment `:as_at`."""
    return f"""
        {alias}.id IN (
            SELECT e.id FROM {table} e WHERE e.force = :force AND e.person_id = {person}
            UNION ALL
            SELECT v.row_id FROM person_moves v
            WHERE v.force = :force AND v.from_person = {person} AND v.recorded_at > :as_at)
        AND {owner_as_at(alias)} = {person}
    """


def holders_as_at(person: str) -> str:
    """Select who may have now the names that were of `person` at the moment `:as_at`."""
    return f"""
        SELECT {person}
        UNION
        SELECT coalesce(z.merged_into, z.id) FROM person_moves v
        JOIN persons z ON z.force = v.force AND z.id = v.to_person
        WHERE v.force = :force AND v.from_person = {person} AND v.recorded_at > :as_at
    """
