"""A read that shows personal data, as SQL that says itself what of whom it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from offenders.errors import NotFound
from offenders.statements import Statement, ask

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Reading:
    """A SELECT of one row, or none where nothing may be seen, and its bound values.

    Its columns are body (text), version, subjects and people (uuid[]), masked (text[]), details
    (jsonb), after (text: the JSON array that the next page begins after, or null). `first` are
    the WITH queries that write what is then shown.
    """

    sql: str
    subject_type: str
    values: dict[str, Any] = field(default_factory=dict)
    first: str = ""


def page_of(rows: str, *, after: str = "CAST(r.key AS text), r.id") -> str:
    """Give the SQL of a page over rows `r` of id, key, item (text), person_id, masked (text[]).

    They come in the order of key and id, one more than `:limit`; `after` are the values that
    the next page begins after.
    """
    return f"""
        SELECT '{{"items":[' || array_to_string(x.items[1 : x.most], ',') || ']' AS body,
               CAST(NULL AS int) AS version,
               array_remove(x.ids[1 : x.most]
                   || ARRAY(SELECT DISTINCT unnest(x.people[1 : x.most])), NULL) AS subjects,
               array_remove(x.people[1 : x.most], NULL) AS people,
               ARRAY(SELECT DISTINCT jsonb_array_elements_text(m)
                     FROM unnest(x.masked[1 : x.most]) m ORDER BY 1) AS masked,
               CAST('{{}}' AS jsonb) AS details,
               CASE WHEN cardinality(x.ids) > x.most THEN x.keys[x.most] END AS after
        FROM (
            SELECT CAST(:limit AS int) AS most,
                   coalesce(array_agg(r.item ORDER BY r.key, r.id), '{{}}') AS items,
                   coalesce(array_agg(r.id ORDER BY r.key, r.id), '{{}}') AS ids,
                   coalesce(array_agg(r.person_id ORDER BY r.key, r.id), '{{}}') AS people,
                   coalesce(array_agg(to_jsonb(r.masked) ORDER BY r.key, r.id), '{{}}') AS masked,
                   coalesce(array_agg(CAST(json_build_array({after}) AS text)
                                      ORDER BY r.key, r.id), '{{}}') AS keys
            FROM ({rows}) r) x
    """


def show(session: Session, reading: Reading) -> Row[Any]:
    """Give what was just written; its audit is that of the act. Raises NotFound."""
    sql = f"WITH {reading.first} {reading.sql}" if reading.first else reading.sql
    row: Row[Any] | None = ask(session, _statement(sql), reading.values)
    if row is None:
        raise NotFound
    return row


# Planning what shows a whole record takes the server longer than running it.
_statement = lru_cache(maxsize=256)(Statement)
