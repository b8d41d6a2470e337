"""The words by which the people of `made_names` are found, as the service itself makes them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.domain.imports.staging import copy_to_stage
from offenders.domain.persons.name_words import keep_words
from offenders.domain.persons.names import tokens

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_STAGE = text("""
    CREATE TEMPORARY TABLE made_words (part text, name text, token text) ON COMMIT DROP
""")
_FAMILY = text("SELECT DISTINCT family_name FROM made_names")
_GIVEN = text("SELECT DISTINCT given_names FROM made_names")
_WRITE = text("""
    INSERT INTO person_name_tokens (force, token, person_id, name_id, part)
    SELECT :force, w.token, n.person_id, n.name_id, w.part
    FROM (SELECT person_id, name_id, 'family' AS part, family_name AS name FROM made_names
          UNION ALL
          SELECT person_id, name_id, 'given', given_names FROM made_names) n
    JOIN made_words w ON w.part = n.part AND w.name = n.name
    ORDER BY w.token, n.person_id
""")


def write_words(session: Session, force: str) -> int:
    """Make words of the distinct names only, and join them to everybody who bears one."""
    session.execute(_STAGE)
    rows = [
        ("family", name, word)
        for name in session.execute(_FAMILY).scalars()
        for word in _family_words(name)
    ]
    rows += [
        ("given", name, word)
        for name in session.execute(_GIVEN).scalars()
        for word in _given_words(name)
    ]
    keep_words(session, force, {word for _, _, word in rows})
    copy_to_stage(session, "made_words", rows)
    session.execute(text("ANALYZE made_words"))
    written: Any = session.execute(_WRITE, {"force": force})
    return int(written.rowcount)


# No made-up given names end in Mc or Mac, the one case in which a word is made of both parts.
@lru_cache(maxsize=500_000)
def _family_words(name: str) -> tuple[str, ...]:
    return tuple(each.text for each in tokens(name, None))


@lru_cache(maxsize=500_000)
def _given_words(name: str) -> tuple[str, ...]:
    return tuple(each.text for each in tokens("", name))
