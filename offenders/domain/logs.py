"""Logs of records: one entry for each thing done, when it happened and when it was stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Mapped

from offenders.db import Base, recorded_at
from offenders.domain.columns import ForceKey, IdKey, Json, Moment, String
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session


class LogEntry(Base):
    """The columns of every log; `of` names the one that holds the id of the record."""

    __abstract__ = True
    of: ClassVar[str]
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    kind: Mapped[String]
    occurred_at: Mapped[Moment]
    recorded_at: Mapped[Moment]
    actor: Mapped[String]
    details: Mapped[Json]


def add_entry(  # noqa: PLR0913 - one entry of the log
    log: type[LogEntry],
    session: Session,
    record: Any,
    kind: str,
    *,
    actor: str,
    occurred_at: datetime,
    details: dict[str, Any],
) -> None:
    """Write one entry of the log of a record."""
    entry = log(
        force=record.force,
        id=new_id(record.force),
        kind=kind,
        occurred_at=occurred_at,
        recorded_at=recorded_at(session),
        actor=actor,
        details=plain(details),
        **{log.of: record.id},
    )
    session.add(entry)


def plain(value: Any) -> Any:
    """Give a value as JSON holds it."""
    return orjson.loads(orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z))


def list_entries(  # noqa: PLR0913 - whose log, how it is shown, and which part of it
    session: Session,
    log: type[LogEntry],
    json: str,
    *,
    record_id: Any,
    as_at: datetime | None,
    after: Sequence[Any] | None,
    limit: int,
    condition: str = "true",
    values: Mapping[str, Any] | None = None,
) -> list[Row[Any]]:
    """Give a log in the order in which things happened, as (json, occurred_at, id, kind).

    `json` and `condition` are of columns of `a`, `values` what they bind.
    """
    keyset = (
        "AND (a.occurred_at, a.id) > (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        if after
        else ""
    )
    statement = f"""
        SELECT {json}::text, a.occurred_at::text, a.id, a.kind FROM {log.__tablename__} a
        WHERE a.force = :force AND a.{log.of} = :record_id AND {condition}
          AND (CAST(:as_at AS timestamptz) IS NULL OR a.recorded_at <= :as_at) {keyset}
        ORDER BY a.occurred_at, a.id LIMIT :limit
    """
    bound = {"record_id": record_id, "as_at": as_at, "limit": limit, **(values or {})}
    if after:
        bound |= {"after_at": after[0], "after_id": after[1]}
    return list(session.execute(text(statement), bound | {"force": session.info["force"]}))
