"""Dip samples: drawn by a recorded seed, marked file by file, judged by the force's figure."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from offenders.db import recorded_at
from offenders.domain.command import rules
from offenders.domain.command import sample_store as store
from offenders.domain.command.models import DipFile, DipMark, DipSample
from offenders.domain.command.rules import LABEL, List
from offenders.domain.reports.areas import find_area
from offenders.domain.reports.links import written
from offenders.domain.wanted.asking import Question
from offenders.domain.working_days import london_day
from offenders.errors import Forbidden, Invalid, NotFound
from offenders.ids import as_reference, as_uuid, new_id, new_reference

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.versions import IfMatch


@dataclass(frozen=True)
class Draw:
    """Of which area and moment to draw, by which seed; who asks and what they may see."""

    scope: Scope
    sees_protected: bool
    now: datetime
    as_at: datetime
    lpa: str | None = None
    seed: str | None = None


@dataclass(frozen=True)
class Marking:
    """Who marks which file of which sample, and how."""

    actor: str
    scope: Scope
    if_match: IfMatch
    written: str
    position: int
    answers: dict[str, str]
    notes: str | None


def new_seed() -> str:
    """Give a seed that nobody has chosen."""
    return secrets.token_hex(8)


def draw_sample(session: Session, asked: Draw) -> dict[str, Any]:
    """Draw without keeping anything: the same seed, moment and area give the same, to the byte."""
    lpa, seed = _area(session, asked), asked.seed or new_seed()
    found = store.draw(session, _question(asked, lpa), seed)
    return {
        "as_at": written(asked.as_at),
        "force": asked.scope.force,
        "lpa": lpa,
        "seed": seed,
        "label": LABEL,
        "definitions": rules.DEFINITIONS,
        "figures": _figures(found),
        "populations": found.populations,
        "files": found.files,
    }


def keep_sample(session: Session, asked: Draw, actor: str) -> DipSample:
    """Draw and keep a sample, to be marked."""
    force, drawn = asked.scope.force, draw_sample(session, asked)
    sample = DipSample(
        force=force,
        id=new_id(force),
        reference=new_reference("Q", force),
        lpa=drawn["lpa"],
        as_at=asked.as_at,
        seed=drawn["seed"],
        populations=drawn["populations"],
        figures=drawn["figures"],
        drawn_by=actor,
        recorded_at=recorded_at(session),
        version=1,
    )
    session.add(sample)
    session.flush()
    session.add_all(
        DipFile(
            force=force,
            sample_id=sample.id,
            position=each["position"],
            list=each["list"],
            want_id=UUID(each["want"]["id"]),
        )
        for each in drawn["files"]
    )
    session.flush()
    return sample


def _area(session: Session, asked: Draw) -> str | None:
    """Give the LPA to draw from; None for the whole force."""
    lpa = asked.lpa
    if lpa is None and not asked.scope.is_whole_force:
        if len(asked.scope.lpas) != 1:
            raise Invalid.field("/lpa", "Name one of your LPAs.")
        lpa = asked.scope.lpas[0]
    if lpa is not None and find_area(session, asked.scope, {"lpa": lpa}).type != "lpa":
        raise NotFound
    return lpa


def _question(asked: Draw, lpa: str | None) -> Question:
    return Question({"lpa": lpa}, asked.scope, asked.now, asked.sees_protected, asked.as_at)


def _figures(found: Row[Any]) -> dict[str, int]:
    return {each: int(getattr(found, each)) for each in (*map(str, List), "unsatisfactory")}


def show_sample(
    session: Session, scope: Scope, written_id: str, *, sees_protected: bool
) -> tuple[dict[str, Any], Any]:
    """Give a sample with its files, marks, result and those before it; and the ids of its wants.

    A want that the reader may not see is masked. Raises NotFound out of scope.
    """
    sample = _find(session, scope, written_id)
    values = {
        "today": london_day(sample.as_at),
        "sees_protected": sees_protected,
        "is_whole_force": scope.is_whole_force,
    }
    files = store.files_of(session, sample.id, sample.as_at, values)
    before = store.list_samples(
        session, scope, sample.lpa or "none", [sample.recorded_at, sample.id], 12
    )
    content = {
        **_summary(sample),
        "files": [row.body for row in files],
        "trend": [_result(each) | {"reference": each.reference} for each in reversed(before)],
    }
    return content, [row.want_id for row in files if row.want_id is not None]


def _find(session: Session, scope: Scope, written_id: str) -> Row[Any]:
    found = store.find_sample(session, scope, as_uuid(written_id), as_reference(written_id))
    if found is None:
        raise NotFound
    return found


def _summary(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "reference": row.reference,
        "lpa": row.lpa,
        "seed": row.seed,
        "label": LABEL,
        "figures": row.figures,
        "populations": row.populations,
        "drawn_by": row.drawn_by,
        "drawn_at": written(row.recorded_at),
        **_result(row),
        "unsatisfactory_by_question": {
            str(each): getattr(row, f"not_{each}") for each in rules.Question
        },
        "version": row.version,
    }


def _result(row: Row[Any]) -> dict[str, Any]:
    figures = row.figures
    return {
        "as_at": written(row.as_at),
        "file_count": row.files,
        "marked": row.marked,
        "unsatisfactory": row.unsatisfactory,
        "fails_from": figures["unsatisfactory"],
        "result": rules.result_of(
            files=row.files,
            marked=row.marked,
            unsatisfactory=row.unsatisfactory,
            asked=sum(figures[each] for each in List),
            fails_from=figures["unsatisfactory"],
        ),
    }


def list_samples(
    session: Session, scope: Scope, lpa: str | None, after: Sequence[Any] | None, limit: int
) -> list[tuple[dict[str, Any], datetime, UUID]]:
    """Give samples, the latest first, as (summary, recorded_at, id): read so, they are a trend."""
    rows = store.list_samples(session, scope, lpa, after, limit)
    return [(_summary(row), row.recorded_at, row.id) for row in rows]


def mark_file(session: Session, doing: Marking) -> DipMark:
    """Mark one file; a further mark takes the place of the one before, which is kept.

    Raises Forbidden where the file is the marker's own.
    """
    found = _find(session, doing.scope, doing.written)
    query = select(DipSample).where(DipSample.force == doing.scope.force, DipSample.id == found.id)
    sample = session.execute(query.with_for_update()).scalar_one()
    doing.if_match.check(sample.version)
    file = session.get(DipFile, (sample.force, sample.id, doing.position))
    standing = store.standing_of(session, file.want_id, doing.actor) if file else None
    if standing is None or not standing.is_seen:
        raise Invalid.field("/position", "Send the position of a file that you may read.")
    if standing.is_own:
        message = (
            "Nobody marks a file of their own: you have owned it, entered it or worked on it."
            " Let somebody else mark it."
        )
        raise Forbidden(message)
    mark = DipMark(
        force=sample.force,
        id=new_id(sample.force),
        sample_id=sample.id,
        position=doing.position,
        answers=doing.answers,
        mark=rules.mark_of_file(doing.answers.values()),
        notes=doing.notes,
        marked_by=doing.actor,
        recorded_at=recorded_at(session),
    )
    session.add(mark)
    sample.version += 1
    session.flush()
    return mark
