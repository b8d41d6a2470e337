"""Entering a want in two statements: what must be known of it, then all that it leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.reading import Reading
from offenders.domain.reference import service as reference
from offenders.domain.reference.policies import FIGURES, by_rule
from offenders.domain.wanted.asking import PERSON
from offenders.domain.wanted.clocks import FIGURED, Figures, due_moments
from offenders.domain.wanted.models import Want
from offenders.domain.wanted.reading import want_columns
from offenders.domain.wanted.rules import (
    OUTSTANDING,
    Basis,
    Circulation,
    Reason,
    Risk,
    priority,
)
from offenders.errors import Conflict, Invalid, PersonMerged
from offenders.ids import as_reference, as_uuid, new_id, new_reference
from offenders.statements import Statement, ask

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.domain.wanted.asking import Question

GIVEN = (
    "reason",
    "basis",
    "offence_code",
    "crime_reference",
    "power",
    "warrant_number",
    "court",
    "warrant_category",
    "backed_for_bail",
    "risk",
    "risk_rationale",
    "domestic_abuse",
    "priority_crime",
)
_COLUMNS = tuple(column.name for column in Want.__table__.columns)
# The person stays as read until the end, so that a want that follows the address misses no move.
_KNOWN = f"""
    WITH person AS MATERIALIZED (
        SELECT id, neighbourhood, lpa, merged_into FROM persons p
        WHERE p.force = :force AND {{named}} FOR SHARE)
    SELECT p.id, p.neighbourhood, p.lpa, p.merged_into,
           EXISTS (SELECT FROM lpas l WHERE l.force = :force AND l.code = :lpa) AS is_lpa_known,
           (SELECT n.lpa FROM neighbourhoods n
            WHERE n.force = :force AND n.code = :neighbourhood) AS lpa_of_neighbourhood,
           EXISTS (SELECT FROM offences o WHERE o.code = :offence_code) AS is_offence_known,
           (SELECT json_build_object('id', w.id, 'reference', w.reference, 'lpa', w.lpa,
                                     'neighbourhood', w.neighbourhood)
            FROM wants w
            WHERE w.force = :force AND w.person_id = p.id AND w.reason = :reason
              AND w.crime_reference IS NOT DISTINCT FROM CAST(:crime_reference AS text)
              AND w.warrant_number IS NOT DISTINCT FROM CAST(:warrant_number AS text)
              AND w.state = '{OUTSTANDING}') AS existing,
           (SELECT json_agg(json_build_array(f.rule, f.applies_to, f.figure))
            FROM ({FIGURES}) f) AS figures
    FROM person p
"""
_BY_ID = Statement(_KNOWN.format(named="p.id = :id"))
_BY_REFERENCE = Statement(_KNOWN.format(named="p.reference = :reference"))
_ENTERED = f"""
    entered AS (
        INSERT INTO wants ({", ".join(_COLUMNS)})
        VALUES ({", ".join(f":{name}" for name in _COLUMNS)}) RETURNING *),
    kept AS (
        INSERT INTO wants_history ({", ".join(_COLUMNS)}, recorded_from)
        SELECT {", ".join(_COLUMNS)}, recorded_at FROM entered),
    noted AS (
        INSERT INTO want_actions (force, id, want_id, kind, occurred_at, recorded_at, actor,
                                  handling, details)
        SELECT force, CAST(:action_id AS uuid), id, 'entry', recorded_at, recorded_at, entered_by,
               'normal', '{{"version": 1}}' FROM entered),
    owned_by_officer AS (
        INSERT INTO officers (force, code, recorded_at)
        SELECT force, owner_officer, recorded_at FROM entered WHERE owner_officer IS NOT NULL
        ON CONFLICT DO NOTHING),
    owned_by_team AS (
        INSERT INTO teams (force, code, recorded_at)
        SELECT force, owner_team, recorded_at FROM entered WHERE owner_team IS NOT NULL
        ON CONFLICT DO NOTHING)
"""


def duty_team(force: str, lpa: str | None) -> str:
    """Name the duty queue that owns what nobody else does."""
    return f"DUTY-{lpa or force}"


def open_want(
    session: Session, *, actor: str, question: Question, fields: dict[str, Any]
) -> Reading:
    """Give the entry of a want on a person of this force as the read that makes and shows it.

    Raises Invalid for an unknown person, area or offence, Conflict for one that stands already.
    """
    known = _look(session, fields)
    want = _plan(session, actor, fields, known)
    if not question.scope.covers(want["lpa"], want["neighbourhood"]):
        raise Invalid.field("/lpa", "Enter the want in one of your own areas.")
    _check(want, fields, known, question)
    figures = Figures.of(by_rule(FIGURED, known.figures))
    want |= due_moments(figures, Risk(want["risk"]), want["entered_at"])
    sql = f"SELECT {want_columns(question)} FROM entered w {PERSON}"
    values = question.condition()[1] | want | {"action_id": new_id(want["force"])}
    return Reading(sql, "want", values, first=_ENTERED)


def _look(session: Session, fields: dict[str, Any]) -> Any:
    written = str(fields["person_id"])
    names = ("lpa", "neighbourhood", "offence_code", "reason", "crime_reference", "warrant_number")
    values = {
        **{name: fields.get(name) for name in names},
        "force": session.info["force"],
        "id": as_uuid(written),
        "reference": as_reference(written),
        "rules": list(FIGURED),
        "on": clock.today(),
    }
    known = ask(session, _BY_REFERENCE if as_uuid(written) is None else _BY_ID, values)
    if known is None:
        message = "There is no such person here. Find or record them first."
        raise Invalid.field("/person_id", message)
    PersonMerged.check(written, known.merged_into)
    return known


def _plan(session: Session, actor: str, fields: dict[str, Any], known: Any) -> dict[str, Any]:
    """Give every column of the want but its clocks."""
    force, moment = session.info["force"], recorded_at(session)
    want: dict[str, Any] = dict.fromkeys(_COLUMNS) | {
        **{name: fields.get(name) for name in GIVEN},
        "force": force,
        "id": new_id(force),
        "reference": new_reference("W", force),
        "person_id": known.id,
        "state": OUTSTANDING,
        "circulation": Circulation.NOT_CIRCULATED,
        "risk": fields.get("risk") or Risk.STANDARD,
        "domestic_abuse": bool(fields.get("domestic_abuse")),
        "priority_crime": bool(fields.get("priority_crime")),
        "entered_at": fields.get("entered_at") or moment,
        "entered_by": actor,
        "version": 1,
        "recorded_at": moment,
        "updated_at": moment,
    }
    want |= _placed(fields, known)
    want |= _owned(force, want["lpa"], fields)
    want["priority"] = priority(
        Risk(want["risk"]),
        domestic_abuse=want["domestic_abuse"],
        priority_crime=want["priority_crime"],
        basis=Basis(want["basis"]) if want["basis"] else None,
    )
    return want


def _placed(fields: dict[str, Any], known: Any) -> dict[str, Any]:
    """Put the want in the area named, else in that of the person's current address."""
    lpa, neighbourhood = fields.get("lpa"), fields.get("neighbourhood")
    follows = lpa is None and neighbourhood is None
    if follows:
        lpa, neighbourhood = known.lpa, known.neighbourhood
    else:
        lpa = reference.area_of(
            lpa,
            neighbourhood,
            is_lpa_known=known.is_lpa_known,
            lpa_of_neighbourhood=known.lpa_of_neighbourhood,
        )
    return {"lpa": lpa, "neighbourhood": neighbourhood, "follows_address": follows}


def _owned(force: str, lpa: str | None, fields: dict[str, Any]) -> dict[str, Any]:
    officer, team = fields.get("owner_officer"), fields.get("owner_team")
    if officer and team:
        raise Invalid.field("/owner_team", "Name one owner: an officer or a team, not both.")
    if not officer and not team:
        team = duty_team(force, lpa)
    return {"owner_officer": officer, "owner_team": team}


def _check(want: dict[str, Any], fields: dict[str, Any], known: Any, question: Question) -> None:
    if fields.get("offence_code") is not None and not known.is_offence_known:
        raise reference.unknown_offence("/offence_code")
    refuse_stray_warrant(want["reason"], want["warrant_number"])
    if known.existing is not None:
        raise double(question.scope.covers, known.existing)


def refuse_stray_warrant(reason: str, warrant_number: str | None) -> None:
    """Raise Invalid where something else than a court's warrant has a warrant number."""
    if warrant_number is not None and reason != Reason.COURT_WARRANT:
        message = "Only a want for a court warrant has a warrant number."
        raise Invalid.field("/warrant_number", message)


def double(covers: Any, existing: dict[str, Any]) -> Conflict:
    """Say that the want stands already, with a link for those who may see it."""
    message = "This person is already wanted for this reason and crime. Amend that want."
    if not covers(existing["lpa"], existing["neighbourhood"]):
        return Conflict(message)
    link = f"/v1/wanted/{existing['id']}"
    return Conflict(message, existing=link, reference=existing["reference"])
