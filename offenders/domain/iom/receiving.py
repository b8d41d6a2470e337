"""Memberships that a source system tells of: made and changed in sets, as one by hand is.

The decision behind each is `recorded_from_import`, and names its source.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from sqlalchemy import select, text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.flags.managed import act_on_arrest
from offenders.domain.history import begin_history, keep_history
from offenders.domain.iom.due import settle_flags
from offenders.domain.iom.models import IomDecision, IomLog, IomMember
from offenders.domain.iom.records import (
    add_log,
    managed,
    register_leads,
    review_due_at,
    set_review_clock,
    take_flags_along,
)
from offenders.domain.iom.rules import CONVICT, IN_SOURCE, REVIEWS, TEAM, Decision
from offenders.domain.persons.managing import Managed, end_management, manage
from offenders.domain.reference.policies import EVERYTHING, figures_in_force
from offenders.domain.working_days import start_of_london_day
from offenders.ids import new_id, new_ids, new_reference

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import FromClause, Row
    from sqlalchemy.orm import Session

_MOVED: Final = frozenset({"lead_officer", "lead_team", "lpa", "neighbourhood"})
_OPEN = text("""
    SELECT id, person_id, scheme FROM iom_members
    WHERE force = :force AND person_id = ANY (CAST(:people AS uuid[])) AND exited_at IS NULL
""")
_OFFICERS = text("""
    INSERT INTO officers (force, code, recorded_at)
    SELECT :force, code, :at FROM unnest(CAST(:codes AS text[])) code ON CONFLICT DO NOTHING
""")
_TEAMS = text("""
    INSERT INTO teams (force, code, recorded_at)
    SELECT :force, code, :at FROM unnest(CAST(:codes AS text[])) code ON CONFLICT DO NOTHING
""")


class Told(NamedTuple):
    """A membership that a source tells of: whose, where they live, what, and from where."""

    person_id: UUID
    area: tuple[str | None, str | None]
    given: Mapping[str, Any]
    source: str


def open_memberships(session: Session, people: Collection[UUID]) -> Sequence[Row[Any]]:
    """Give (id, person_id, scheme) of the open memberships of people."""
    values = {"force": session.info["force"], "people": [each.hex for each in people]}
    return session.execute(_OPEN, values).all()


def lock_members(session: Session, ids: Collection[UUID]) -> dict[UUID, IomMember]:
    """Give memberships as they stand, so that nobody alters them before this transaction ends."""
    if not ids:
        return {}
    statement = (
        select(IomMember)
        .where(IomMember.force == session.info["force"], IomMember.id.in_(sorted(ids)))
        .order_by(IomMember.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {member.id: member for member in session.execute(statement).scalars()}


def admit_many(session: Session, actor: str, told: Sequence[Told]) -> list[UUID]:
    """Make memberships with their decisions, log, history and managements; give their ids."""
    if not told:
        return []
    force, at = session.info["force"], recorded_at(session)
    days = figures_in_force(session, force, REVIEWS, clock.today())
    within = figures_in_force(session, force, CONVICT, clock.today())[EVERYTHING]
    decisions, members, log = [], [], []
    for each in told:
        decision = _decision(force, actor, each, at)
        member = _member(force, actor, each, decision, at)
        member["review_due_at"] = review_due_at(
            member["rating"], member["joined_on"], member["last_reviewed_at"], days
        )
        if member["catch_and_convict"]:
            member |= governance(member, within)
        decisions.append(decision)
        members.append(member)
        log += _log(force, actor, member, at)
    _register(session, members, at)
    _insert(session, IomDecision.__table__, decisions)
    _insert(session, IomMember.__table__, members)
    for entry, entry_id in zip(log, new_ids(force, len(log)), strict=True):
        entry["id"] = entry_id
    _insert(session, IomLog.__table__, log)
    ids = [each["id"] for each in members]
    begin_history(session, IomMember.__table__, force, ids)
    manage(session, _managements(members, told))
    return ids


def _decision(force: str, actor: str, told: Told, at: Any) -> dict[str, Any]:
    return {
        "force": force,
        "id": new_id(force),
        "nomination_id": None,
        "person_id": told.person_id,
        "scheme": told.given["scheme"],
        "outcome": Decision.RECORDED_FROM_IMPORT,
        "rationale": IN_SOURCE,
        "panel": [],
        "in_deciding_meeting": True,
        "score": {},
        "source": told.source,
        "decided_at": start_of_london_day(told.given["joined_on"]),
        "recorded_by": actor,
        "recorded_at": at,
    }


def _member(
    force: str, actor: str, told: Told, decision: Mapping[str, Any], at: Any
) -> dict[str, Any]:
    given = dict(told.given)
    team = None if given.get("lead_officer") else given.get("lead_team") or TEAM
    exited = {"exit_rationale": IN_SOURCE} if given.get("exit_reason") else {}
    return {
        **given,
        **exited,
        "force": force,
        "id": new_id(force),
        "reference": new_reference("C", force),
        "person_id": told.person_id,
        "decision_id": decision["id"],
        "decision_outcome": Decision.RECORDED_FROM_IMPORT,
        "facts": {},
        "pathways": [],
        "lead_team": team,
        "rated_at": at,
        "recorded_by": actor,
        "version": 1,
        "recorded_at": at,
        "updated_at": at,
    }


def governance(member: Mapping[str, Any], within: int) -> dict[str, Any]:
    """Give catch and convict that a source tells of an end here: somebody must look at it."""
    day = clock.today() + timedelta(days=within)
    return {
        "convict_from": start_of_london_day(member["joined_on"]),
        "convict_until": day,
        "convict_review_on": day,
        "convict_authorised_by": "recorded from import",
        "convict_reason": IN_SOURCE,
    }


def _log(force: str, actor: str, member: Mapping[str, Any], at: Any) -> list[dict[str, Any]]:
    begun = start_of_london_day(member["joined_on"])
    entries: list[tuple[str, Any, dict[str, Any]]] = [
        ("joining", begun, {"decision_id": member["decision_id"], "reason": IN_SOURCE}),
        ("rating", begun, {"to": member["rating"], "reason": IN_SOURCE}),
    ]
    if member.get("exit_reason"):
        said = {"reason": member["exit_reason"], "rationale": IN_SOURCE}
        entries.append(("exit", member["exited_at"], said))
    return [
        {
            "force": force,
            "member_id": member["id"],
            "kind": kind,
            "occurred_at": moment,
            "recorded_at": at,
            "actor": actor,
            "details": details,
        }
        for kind, moment, details in entries
    ]


def _register(session: Session, members: Sequence[Mapping[str, Any]], at: Any) -> None:
    def codes(*names: str) -> list[str]:
        return sorted({each[name] for each in members for name in names if each.get(name)})

    values = {"force": session.info["force"], "at": at}
    session.execute(_OFFICERS, values | {"codes": codes("lead_officer", "support_officer")})
    session.execute(_TEAMS, values | {"codes": codes("lead_team")})


def _insert(session: Session, table: FromClause, rows: Sequence[Mapping[str, Any]]) -> None:
    names = [each.name for each in table.columns]
    columns = ", ".join(name for name in names if any(name in row for row in rows))
    session.execute(
        text(f"""
            INSERT INTO {table.description} ({columns})
            SELECT {columns} FROM jsonb_populate_recordset(
                CAST(NULL AS {table.description}), CAST(:rows AS jsonb))
        """),
        {"rows": orjson.dumps(list(rows), default=str).decode()},
    )


def _area(member: Mapping[str, Any], told: Told) -> tuple[str | None, str | None]:
    own = member.get("lpa"), member.get("neighbourhood")
    return own if any(own) else told.area


def _managements(members: Sequence[Mapping[str, Any]], told: Sequence[Told]) -> list[Managed]:
    return [
        Managed(
            member["id"],
            "iom_member",
            member["reference"],
            member["person_id"],
            member.get("lead_officer"),
            member["lead_team"],
            *_area(member, each),
            member["rating"],
        )
        for member, each in zip(members, told, strict=True)
        if not member.get("exit_reason")
    ]


def change_many(
    session: Session,
    actor: str,
    changes: Sequence[tuple[IomMember, Mapping[str, Any], tuple[str | None, str | None]]],
) -> None:
    """Change what a source says otherwise than before; each with columns and where they live."""
    if not changes:
        return
    force, at = session.info["force"], recorded_at(session)
    within = figures_in_force(session, force, CONVICT, clock.today())[EVERYTHING]
    standing, ended = [], []
    for member, columns, area in changes:
        _change(session, actor, member, columns, within)
        if member.exited_at is None:
            standing.append(managed(member, *area))
        else:
            ended.append(member.id)
        member.version += 1
        member.updated_at = at
    session.flush()
    keep_history(session, IomMember.__table__, force, [member.id for member, _, _ in changes])
    manage(session, standing)
    end_management(session, ended)
    act_on_arrest(session, ended, "The membership has ended.")
    moved = {member.id for member, columns, _ in changes if _MOVED & columns.keys()}
    for row in standing:
        if row.id in moved:
            take_flags_along(session, row)
    settle_flags(session)


def _change(
    session: Session, actor: str, member: IomMember, columns: Mapping[str, Any], within: int
) -> None:
    at = recorded_at(session)
    before = {name: getattr(member, name) for name in columns}
    for name, value in columns.items():
        setattr(member, name, value)
    if not member.lead_officer and not member.lead_team:
        member.lead_team = TEAM
    elif "lead_officer" in columns and member.lead_officer:
        member.lead_team = None
    if columns.get("catch_and_convict"):
        for name, value in governance({"joined_on": member.joined_on}, within).items():
            setattr(member, name, value)
    if "exit_reason" in columns and member.exit_reason:
        member.exit_rationale, member.catch_and_convict = IN_SOURCE, False
        said = {"reason": member.exit_reason, "rationale": IN_SOURCE}
        moment = member.exited_at or at
        add_log(session, member, "exit", actor=actor, occurred_at=moment, details=said)
    if "rating" in columns:
        member.rated_at = at
        rated = {"from": before["rating"], "to": member.rating, "reason": IN_SOURCE}
        add_log(session, member, "rating", actor=actor, occurred_at=at, details=rated)
    register_leads(session, member)
    set_review_clock(session, member)
    changed = {name: {"from": old, "to": getattr(member, name)} for name, old in before.items()}
    details = {"changes": changed, "reason": IN_SOURCE}
    add_log(session, member, "amendment", actor=actor, occurred_at=at, details=details)
