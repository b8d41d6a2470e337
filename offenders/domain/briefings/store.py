"""SQL of items: lists, one item, its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.domain.access import sight
from offenders.domain.briefings.asking import IS_MASKED, ITEM_JSON, SHOWN_PERSON, STATE, WEIGHT
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.briefings.asking import Question

_NAMED = "(b.id = :id OR b.reference = :reference)"
_SHOWN = f"""
    CAST({ITEM_JSON} AS text), {WEIGHT} AS weight, b.valid_from, b.id, b.version, b.edition,
    b.recorded_at, {STATE} AS state, {SHOWN_PERSON} AS person_id, {IS_MASKED} AS is_masked,
    b.author
"""
_VERSIONS = text("""
    SELECT json_build_object('version', v.version, 'kind', v.kind, 'content', v.content
               || CASE WHEN :is_masked THEN jsonb_build_object(
                      'subject_type', NULL, 'subject_id', NULL, 'person_id', NULL)
                  ELSE '{}' END,
               'actor', v.actor, 'recorded_at', v.recorded_at)::text, v.version
    FROM briefing_versions v
    WHERE v.force = :force AND v.briefing_id = :id AND v.version > :after
      AND (v.content ->> 'handling' = ANY (:handlings) OR :is_author)
    ORDER BY v.version LIMIT :limit
""")


def list_items(
    session: Session, question: Question, after: Sequence[Any] | None, limit: int
) -> list[Row[Any]]:
    """Give items, the most urgent first, then the newest.

    As (json, weight, valid_from, id, …, person_id, is_masked); no person where it is masked.
    """
    source, values = question.source()
    condition, more = question.condition()
    if after is not None:
        condition += (
            f" AND ({WEIGHT}, b.valid_from, b.id)"
            " < (:after_0, CAST(:after_1 AS timestamptz), CAST(:after_2 AS uuid))"
        )
        values |= {"after_0": after[0], "after_1": after[1], "after_2": after[2]}
    statement = text(f"""
        SELECT {_SHOWN} {source} AND {condition}
        ORDER BY weight DESC, b.valid_from DESC, b.id DESC LIMIT :limit
    """)
    return list(session.execute(statement, values | more | {"limit": limit}))


def count_items(session: Session, question: Question) -> int:
    """Count the rows of all pages."""
    source, values = question.source()
    condition, more = question.condition()
    statement = text(f"SELECT count(*) {source} AND {condition}")
    return int(session.execute(statement, values | more).scalar_one())


def find_item(session: Session, question: Question, written: str) -> Row[Any] | None:
    """Give one item in whatever state, if the reader may know it; as list_items does."""
    source, values = question.source()
    named = {"id": as_uuid(written), "reference": as_reference(written)}
    statement = text(f"SELECT {_SHOWN} {source} AND {_NAMED}")
    return session.execute(statement, values | named).one_or_none()


def list_versions(
    session: Session, question: Question, item: Row[Any], after: Sequence[Any] | None, limit: int
) -> list[Row[Any]]:
    """Give the versions of an item that the reader may see, the first first, as (json, version).

    An item may have been handled otherwise before.
    """
    values = {
        "force": session.info["force"],
        "id": item.id,
        "is_masked": item.is_masked,
        "is_author": item.author == question.actor.subject,
        "handlings": sight(question.actor).handlings,
        "after": after[0] if after else 0,
        "limit": limit,
    }
    return list(session.execute(_VERSIONS, values))
