"""One page of a list of records over people, as a Reading that says itself what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.domain.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence


def page_of(  # noqa: PLR0913 - the parts of one list
    source: str,
    condition: str,
    values: dict[str, Any],
    *,
    alias: str,
    key: str,
    cast: str,
    json: str,
    masked: str,
    subject_type: str,
    after: Sequence[Any] | None,
    limit: int,
    people: str | None = None,
) -> Reading:
    """Give the read of one page in the order of `key` and the id; its body lacks the end.

    `masked` gives the names of the fields that a row hides from the reader (text[]).
    """
    if after is not None:
        condition += (
            f" AND ({key}, {alias}.id) > (CAST(:after_0 AS {cast}), CAST(:after_1 AS uuid))"
        )
        values = values | {"after_0": after[0], "after_1": after[1]}
    order = "ORDER BY r.sorted, r.id"
    sql = f"""
        SELECT '{{"items":[' || array_to_string(x.items[1 : x.most], ',') || ']' AS body,
               CAST(NULL AS int) AS version,
               x.ids[1 : x.most] || ARRAY(SELECT DISTINCT unnest(x.people[1 : x.most]))
                   AS subjects,
               array_remove(x.people[1 : x.most], NULL) AS people,
               ARRAY(SELECT DISTINCT unnest(masked) FROM picked ORDER BY 1) AS masked,
               CAST('{{}}' AS jsonb) AS details,
               CASE WHEN cardinality(x.ids) > x.most THEN x.keys[x.most] END AS after
        FROM (
            SELECT CAST(:limit AS int) AS most,
                   coalesce(array_agg(r.item {order}), '{{}}') AS items,
                   coalesce(array_agg(r.id {order}), '{{}}') AS ids,
                   coalesce(array_agg(r.person_id {order}), '{{}}') AS people,
                   coalesce(array_agg(CAST(json_build_array(CAST(r.sorted AS text), r.id) AS text)
                                      {order}), '{{}}') AS keys
            FROM picked r) x
    """
    first = f"""
        picked AS MATERIALIZED (
            SELECT {alias}.id, {key} AS sorted, CAST({json} AS text) AS item,
                   {people or f"{alias}.person_id"} AS person_id, {masked} AS masked
            {source} AND {condition}
            ORDER BY {key}, {alias}.id LIMIT CAST(:limit AS int) + 1)
    """
    return Reading(sql, subject_type, values | {"limit": limit}, first=first)


def record_of(  # noqa: PLR0913 - the parts of one record
    source: str,
    condition: str,
    values: dict[str, Any],
    *,
    alias: str,
    json: str,
    masked: str,
    subject_type: str,
    people: str | None = None,
) -> Reading:
    """Give the read of one record; the condition names it."""
    whom = people or f"{alias}.person_id"
    sql = f"""
        SELECT CAST({json} AS text) AS body, {alias}.version,
               array_remove(ARRAY[{alias}.id, {whom}], NULL) AS subjects,
               array_remove(ARRAY[{whom}], NULL) AS people, {masked} AS masked,
               CAST('{{}}' AS jsonb) AS details, CAST(NULL AS text) AS after,
               {alias}.id, {alias}.person_id
        {source} AND {condition}
    """
    return Reading(sql, subject_type, values)
