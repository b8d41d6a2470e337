"""SQL of receiving wants: those that stand, their owners, and what changes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, text

from offenders.db import recorded_at
from offenders.domain.imports.staging import copy_into
from offenders.domain.imports.store import change_records
from offenders.domain.wanted.models import Want
from offenders.domain.wanted.service import due_expressions, due_values, figures_today

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

# How the columns of a want are read from the JSON of a change.
_CASTS: Final = {
    **dict.fromkeys(
        (
            "reason",
            "basis",
            "offence_code",
            "crime_reference",
            "power",
            "warrant_number",
            "court",
            "warrant_category",
            "risk",
            "risk_rationale",
            "priority",
            "lpa",
            "neighbourhood",
            "owner_officer",
            "owner_team",
            "state",
            "outcome_reason",
        ),
        "{t}",
    ),
    **dict.fromkeys(
        ("backed_for_bail", "domestic_abuse", "priority_crime", "follows_address"),
        "CAST({t} AS boolean)",
    ),
    **dict.fromkeys(("entered_at", "outcome_at"), "CAST({t} AS timestamptz)"),
}
_LOCKED = text("""
    SELECT w.*, EXISTS (SELECT 1 FROM want_actions a
                        WHERE a.force = w.force AND a.want_id = w.id AND a.kind = 'handover')
           AS was_handed_over
    FROM wants w WHERE w.force = :force AND w.id = ANY (:ids) ORDER BY w.id FOR UPDATE OF w
""")
_OPEN = text("""
    SELECT id, reference, person_id, reason, crime_reference, warrant_number FROM wants
    WHERE force = :force AND person_id = ANY (:people) AND state = 'outstanding'
""")
_HAS_FLAG_OR_NEEDS_ONE = text("""(
    (wants.state <> 'outstanding' AND wants.circulation = 'circulated')
    OR EXISTS (SELECT FROM flags f WHERE f.force = wants.force AND f.subject_id = wants.id
                 AND f.state <> 'cleared'))
""")
_ACTION_COLUMNS = (
    "force",
    "id",
    "want_id",
    "kind",
    "occurred_at",
    "recorded_at",
    "actor",
    "details",
)


def lock_wants(session: Session, force: str, ids: Collection[UUID]) -> dict[UUID, Row[Any]]:
    """Give wants as they stand, so that nobody alters them before this transaction ends."""
    if not ids:
        return {}
    rows = session.execute(_LOCKED, {"force": force, "ids": sorted(ids)})
    return {row.id: row for row in rows}


def list_open_wants(session: Session, force: str, people: Collection[UUID]) -> list[Row[Any]]:
    """Give the outstanding wants of people."""
    return list(session.execute(_OPEN, {"force": force, "people": list(people)}))


def register_owners(
    session: Session, force: str, officers: Collection[str], teams: Collection[str]
) -> None:
    """Put officers and teams on their registers at their first use."""
    for table, codes in (("officers", officers), ("teams", teams)):
        statement = text(f"""
            INSERT INTO {table} (force, code, recorded_at)
            SELECT :force, code, :at FROM unnest(CAST(:codes AS text[])) code
            ON CONFLICT DO NOTHING
        """)
        at = recorded_at(session)
        session.execute(statement, {"force": force, "codes": sorted(codes), "at": at})


def add_wants(session: Session, wants: Sequence[Mapping[str, Any]]) -> None:
    """Enter wants with the clocks of the figures in force."""
    if not wants:
        return
    columns = tuple(wants[0])
    copy_into(
        session,
        "wants",
        columns,
        [tuple(want[column] for column in columns) for want in wants],
        computed=due_expressions(),
        values=due_values(figures_today(session)),
    )


def change_wants(session: Session, changes: Sequence[tuple[UUID, Mapping[str, Any]]]) -> None:
    """Set the columns named in each change, and the clocks of what is still outstanding."""
    if not changes:
        return
    change_records(session, "wants", _CASTS, changes)
    renew_clocks(session, [want for want, _ in changes])


def renew_clocks(session: Session, ids: Sequence[UUID]) -> None:
    """Work out the clocks of these wants anew."""
    clocks = ", ".join(f"{column} = {value}" for column, value in due_expressions().items())
    statement = f"""
        UPDATE wants w SET {clocks}
        WHERE w.force = :force AND w.id = ANY (:ids) AND w.state = 'outstanding'
    """
    values = {"force": session.info["force"], "ids": list(ids)}
    session.execute(text(statement), values | due_values(figures_today(session)))


def add_actions(session: Session, actions: Sequence[tuple[Any, ...]]) -> None:
    """Write entries of the log of wants."""
    copy_into(session, "want_actions", _ACTION_COLUMNS, actions)


def read_wants_with_flags(session: Session, force: str, ids: Sequence[UUID]) -> list[Want]:
    """Give those wants, as they now stand, that have a flag, or need one now that they ended."""
    statement = select(Want).where(Want.force == force, Want.id.in_(ids), _HAS_FLAG_OR_NEEDS_ONE)
    return list(session.execute(statement.execution_options(populate_existing=True)).scalars())
