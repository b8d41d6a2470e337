"""The want of a breach after the bail: the power to arrest for it ends with the bail.

Only who is on bail can be arrested for breaking its conditions (PACE 1984 s.46A(1A), on the
street s.30D(2A)); who has failed to answer also after the period (s.46A(1), s.30D(1)).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders import clock
from offenders.domain.access import Scope
from offenders.domain.bail.cases import State
from offenders.domain.bail.records import add_action
from offenders.domain.bail.wants import LIVES, WITH_WANT, open_or_join, power_of
from offenders.domain.versions import IfMatch
from offenders.domain.wanted import service as wanted
from offenders.domain.wanted.rules import OUTSTANDING, Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.bail.models import BailRecord

_SERVICE = "service"
_INDEXED = "{}.outcome IS DISTINCT FROM 'entered_in_error'"  # that of uq_bail_records_arrest
# Bail that is over with the wants of its breaches, behind which no other bail of the person stands.
_OVER = f"""
    SELECT DISTINCT ON (x.want_id)
           x.want_id, b.id, b.reference, b.kind, b.ends_on,
           (b.ends_on + 1)::timestamp AT TIME ZONE 'Europe/London' AS ended_at
    FROM bail_records b
    JOIN LATERAL (
        SELECT CAST(a.details ->> 'want_id' AS uuid) AS want_id FROM bail_actions a
        WHERE a.force = b.force AND a.bail_id = b.id AND {WITH_WANT}) x ON true
    WHERE b.force = :force AND b.state IN ('on_bail', 'released_without_bail')
      AND b.ends_on < CAST(:today AS date) AND {{which}} AND {_INDEXED.format("b")}
      AND NOT EXISTS (
          SELECT FROM bail_records o
          JOIN bail_actions a ON a.force = o.force AND a.bail_id = o.id AND {WITH_WANT}
          WHERE o.force = b.force AND o.person_id = b.person_id AND {LIVES}
            AND {_INDEXED.format("o")}
            AND CAST(a.details ->> 'want_id' AS uuid) = x.want_id)
    ORDER BY x.want_id, b.ends_on DESC, b.id
"""
_TO_END = text(f"""
    SELECT v.*, w.power, w.entered_at
    FROM ({_OVER.format(which="b.id = ANY (:ids)")}) v
    JOIN wants w ON w.force = :force AND w.id = v.want_id AND w.state = '{OUTSTANDING}'
    ORDER BY w.id FOR UPDATE OF w
""")
_BEHIND = text(_OVER.format(which="b.person_id = :person_id AND x.want_id = :want_id"))
# Of a want `w` for a breach of bail: whether the bail has ended, and the power with it.
POWER_ENDED = f"""
    EXISTS (SELECT FROM ({_OVER.format(which="b.person_id = w.person_id AND x.want_id = w.id")}) z)
"""
# What `end_with_bail` has closed, by the log of each want, with nothing put in its place since.
_ENDED_BY = text(f"""
    SELECT DISTINCT ON (w.id) w.id, w.entered_at, w.risk, w.risk_rationale
    FROM bail_actions a
    JOIN wants w ON w.force = a.force AND w.id = CAST(a.details ->> 'want_id' AS uuid)
                AND w.state <> '{OUTSTANDING}'
    JOIN want_actions o ON o.force = w.force AND o.want_id = w.id AND o.kind = 'outcome'
                       AND o.details ->> 'bail_record' = :reference
    WHERE a.force = :force AND a.bail_id = :id AND {WITH_WANT}
      AND NOT EXISTS (SELECT FROM bail_actions n
                      WHERE n.force = a.force AND n.bail_id = a.bail_id
                        AND n.details ->> 'reopens' = CAST(w.id AS text))
    ORDER BY w.id
""")


def settle_breaches(
    session: Session, record: BailRecord, *, was_lapsed: bool, actor: str, now: datetime
) -> None:
    """Let the wants of breaches end with bail that has lapsed, and stand with it again."""
    if record.state == State.RELEASED_WITHOUT_BAIL and record.has_lapsed:
        end_with_bail(session, [record.id], now)
    elif record.state == State.ON_BAIL and was_lapsed:
        _stand_again(session, record, actor=actor, now=now)


def end_with_bail(session: Session, records: Collection[UUID], now: datetime) -> int:
    """End the wants for breaches of bail that lapsed; give how many.

    One that rests on another power than that of the bail must be confirmed first instead.
    """
    if not records:
        return 0
    session.flush()
    values = {"force": session.info["force"], "ids": list(records), "today": clock.today()}
    rows = session.execute(_TO_END, values).all()
    for row in rows:
        said = _said(row)
        fields: dict[str, Any] = {"bail_record": row.reference}
        if row.power == _power(row):
            at = max(row.ended_at, row.entered_at)
            outcome = {"outcome": str(Outcome.NO_LONGER_WANTED), "reason": said}
            wanted.close_want(session, _on(session, row, fields | outcome, now, at=at))
        else:
            grounds = "Confirm the want on its other grounds."
            wanted.doubt_want(
                session, _on(session, row, fields | {"text": f"{said} {grounds}"}, now)
            )
    return len(rows)


def _stand_again(session: Session, record: BailRecord, *, actor: str, now: datetime) -> None:
    """Open anew the wants that a lapse ended, where the bail turns out not to have lapsed."""
    session.flush()
    values = {"force": record.force, "id": record.id, "reference": record.reference}
    for ended in session.execute(_ENDED_BY, values).all():
        fields = {"risk": ended.risk, "risk_rationale": ended.risk_rationale}
        opened = open_or_join(
            session,
            record,
            Reason.BREACH_OF_BAIL,
            actor=actor,
            since=ended.entered_at,
            now=now,
            fields=fields,
        )
        details = {"want_id": opened, "reopens": ended.id}
        add_action(session, record, "amendment", actor=actor, occurred_at=now, details=details)


def why_power_ended(session: Session, *, want_id: UUID, person_id: UUID) -> str | None:
    """Say which bail has ended behind a want for a breach, and the power with it; None if none."""
    values = {
        "force": session.info["force"],
        "want_id": want_id,
        "person_id": person_id,
        "today": clock.today(),
    }
    row = session.execute(_BEHIND, values).one_or_none()
    return _said(row) if row is not None else None


def _power(row: Row[Any]) -> str:
    return power_of(row.kind, Reason.BREACH_OF_BAIL)


def _said(row: Row[Any]) -> str:
    return (
        f"Bail {row.reference} ended on {row.ends_on}: nobody is arrested for a breach of its"
        f" conditions any more ({_power(row)})."
    )


def _on(
    session: Session,
    row: Row[Any],
    fields: dict[str, Any],
    now: datetime,
    *,
    at: datetime | None = None,
) -> wanted.Doing:
    force = Scope(session.info["force"])
    fields = fields | ({"occurred_at": at} if at else {})
    return wanted.Doing(_SERVICE, force, str(row.want_id), fields, IfMatch(any_version=True), now)
