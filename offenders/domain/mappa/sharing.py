"""Local summaries: what neighbourhood officers may know of a case, and never who is a victim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from offenders.db import recorded_at
from offenders.domain.mappa.acting import Doing, finish, take
from offenders.domain.mappa.part_models import LocalSummary
from offenders.domain.mappa.victims import Victim, named_in
from offenders.errors import Conflict, Invalid
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from offenders.domain.mappa.models import MappaCase

_REPLACED = "A newer one took its place."
_NAMES = """
    SELECT coalesce(json_agg(json_build_array(n.family_name, n.given_names)), '[]')
    FROM (SELECT p.family_name, p.given_names
          UNION SELECT n.family_name, n.given_names FROM person_names n
          WHERE n.force = p.force AND n.person_id = p.id) n
"""
_VICTIMS = text(f"""
    SELECT ({_NAMES}) AS names,
           ARRAY(SELECT l.line FROM person_addresses a
                 CROSS JOIN LATERAL unnest(a.lines) WITH ORDINALITY l (line, place)
                 WHERE a.force = p.force AND a.person_id = p.id
                   AND (l.place = 1 OR l.line ~ '[0-9]')) AS lines,
           ARRAY(SELECT a.postcode FROM person_addresses a
                 WHERE a.force = p.force AND a.person_id = p.id AND a.postcode IS NOT NULL)
               AS postcodes,
           p.phones || ARRAY(SELECT v.registration_mark FROM person_vehicles v
                 WHERE v.force = p.force AND v.person_id = p.id) AS numbers
    FROM (SELECT DISTINCT other_person_id AS id FROM person_associations
          WHERE force = :force AND person_id = :person_id AND type = 'victim_of') v
    JOIN persons p ON p.force = :force AND p.id = v.id
""")
_OWN = text(f"SELECT ({_NAMES}) FROM persons p WHERE p.force = :force AND p.id = :person_id")


def publish_summary(session: Session, doing: Doing) -> MappaCase:
    """Publish what neighbourhood officers may know, in place of what they knew.

    Raises Invalid, naming the fields, where one of them names a recorded victim.
    """
    case = take(session, doing, "local_summary")
    _refuse_victims(session, case, doing.fields)
    at = recorded_at(session)
    _withdraw(session, case, _REPLACED)
    summary = LocalSummary(
        force=case.force,
        id=new_id(case.force),
        case_id=case.id,
        published_at=at,
        published_by=doing.actor,
        recorded_at=at,
        **{"triggers": [], "what_to_look_for": [], "licence_conditions": [], **doing.fields},
    )
    session.add(summary)
    session.flush()
    details = {"summary": summary.id}
    return finish(session, case, doing.actor, "local_summary", details=details, at=at)


def withdraw_summary(session: Session, doing: Doing) -> MappaCase:
    """Withdraw the summary that is published, with a reason."""
    case = take(session, doing, "local_summary")
    reason = doing.fields["reason"]
    if not _withdraw(session, case, reason):
        message = "No local summary of this case is published."
        raise Conflict(message, state="unpublished", possible=["local_summary"])
    at, details = recorded_at(session), {"reason": reason}
    return finish(session, case, doing.actor, "withdrawal", details=details, at=at)


def _withdraw(session: Session, case: MappaCase, because: str) -> bool:
    standing = session.execute(
        select(LocalSummary).where(
            LocalSummary.force == case.force,
            LocalSummary.case_id == case.id,
            LocalSummary.withdrawn_at.is_(None),
        )
    ).scalar_one_or_none()
    if standing is None:
        return False
    standing.withdrawn_at, standing.withdrawn_because = recorded_at(session), because
    session.flush()
    return True


def _refuse_victims(session: Session, case: MappaCase, fields: Mapping[str, Any]) -> None:
    values = {"force": case.force, "person_id": case.person_id}
    victims = [Victim(*row) for row in session.execute(_VICTIMS, values)]
    own = session.execute(_OWN, values).scalar_one()
    message = (
        "This names somebody recorded as a victim of this person, or where they live."
        " Neighbourhood officers are not told of victims: write it without."
    )
    errors = [
        {"pointer": f"/{field}", "detail": message} for field in named_in(fields, victims, own)
    ]
    if errors:
        detail = "A local summary never names a victim. Correct the fields named in errors."
        raise Invalid(detail, errors)
