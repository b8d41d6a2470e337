"""Taking hits in, one or many at once: each becomes a hit, is known already, or is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from offenders.db import recorded_at
from offenders.domain.forensics import store
from offenders.domain.forensics.classes import class_of
from offenders.domain.forensics.linking import Naming, link_wants
from offenders.domain.forensics.models import ForensicHit
from offenders.domain.forensics.people import find_meant
from offenders.domain.forensics.rules import Meant, Own, due_moments
from offenders.domain.history import begin_history
from offenders.domain.persons.service import find_survivors
from offenders.domain.wanted.service import duty_team
from offenders.ids import new_id, new_reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

CREATED, KNOWN, CONFLICT, REFUSED = 201, 200, 409, 422
FACTS: Final = (
    "type",
    "laboratory_reference",
    "crime_reference",
    "offence_code",
    "identified_at",
    "received_at",
    "lpa",
    "neighbourhood",
)
STATED: Final = (
    "person_id",
    "pnc_id",
    "cro_number",
    "pnc_id_raw",
    "cro_number_raw",
    "family_name",
    "given_names",
    "date_of_birth",
    "sex",
)
_AREA: Final = "Enter the hit in one of your own areas."
_OTHER_FACTS: Final = (
    "A hit with this laboratory reference stands already with other facts. Compare the fields"
    " named in errors, and correct the one that is wrong."
)
_TAKEN: Final = "This laboratory reference is taken. Ask the force which hit has it."


class Sent(NamedTuple):
    """A hit as it was sent: its facts, and what is stated of the person; None is not said.

    `meant` is whom the caller has found out already that it means.
    """

    facts: Mapping[str, Any]
    stated: Mapping[str, Any]
    meant: Meant | None = None


class Told(NamedTuple):
    """What became of a hit: 201 made, 200 known with these facts, 409 with others, 422 refused."""

    status: int
    id: UUID | None = None
    reference: str | None = None
    errors: tuple[dict[str, str], ...] = ()
    detail: str | None = None


@dataclass(frozen=True)
class Sender:
    """Who sends hits and in which area; a client sees only what it sent itself."""

    actor: str
    scope: Scope
    is_client: bool = False


def receive_hits(session: Session, sender: Sender, rows: Sequence[Sent]) -> list[Told]:
    """Take hits in their order; good ones are written, each with its want where one is named.

    The same laboratory reference again with the same facts creates nothing.
    """
    store.lock_intake(session)
    intake = _Intake(session, sender, rows)
    intake.sort()
    intake.write()
    return intake.told()


def _merged(survivor: UUID) -> Told:
    """Refuse a hit for a record that was merged, and name who stands for it."""
    detail = "This record was merged into that of another person. Name the survivor."
    error = {
        "pointer": "/person_id",
        "detail": detail,
        "rule": "merged-people",
        "survivor": f"/v1/people/{survivor}",
    }
    return Told(CONFLICT, errors=(error,), detail=detail)


@dataclass
class _Intake:
    """One batch: which rows are new, which stand already, and which are refused."""

    session: Session
    sender: Sender
    rows: Sequence[Sent]
    results: dict[int, Told] = field(default_factory=dict)
    meant: dict[int, Meant] = field(default_factory=dict)
    new: dict[str, int] = field(default_factory=dict)
    again: list[int] = field(default_factory=list)

    def sort(self) -> None:
        """Refuse what can't be right, and tell new hits from those that stand."""
        known = store.find_codes(self.session, [each.facts for each in self.rows])
        self.areas = known.neighbourhoods
        self.standing = store.find_standing(self.session, map(_key, self.rows))
        asked = [each.stated for each in self.rows if each.meant is None]
        found = iter(find_meant(self.session, asked))
        merged = find_survivors(
            self.session, {each["person_id"] for each in asked if each.get("person_id")}
        )
        for place, row in enumerate(self.rows):
            errors = [*_order(row.facts), *known.errors(row.facts)]
            meant = row.meant if row.meant is not None else next(found)
            if meant is not None:
                self.meant[place] = meant
            else:
                errors.append(_error("/person_id", "There is no such person here. Check the id."))
            if not errors and not self._covers(row.facts):
                errors.append(_error("/lpa", _AREA))
            survivor = merged.get(row.stated.get("person_id") or "") if row.meant is None else None
            if errors:
                self.results[place] = Told(REFUSED, errors=tuple(errors))
            elif survivor is not None:
                self.results[place] = _merged(survivor)
            elif _key(row) in self.standing or _key(row) in self.new:
                self.again.append(place)
            else:
                self.new[_key(row)] = place

    def write(self) -> None:
        """Write the new hits with their wants and their history."""
        if not self.new:
            return
        force, at = self.session.info["force"], recorded_at(self.session)
        figures = store.figures_today(self.session)
        hits = [self._hit(place, force, at, figures) for place in self.new.values()]
        named = [each for each in hits if each["person_id"] is not None]
        wants = link_wants(self.session, self.sender.actor, [naming_of(each) for each in named])
        for hit, want in zip(named, wants, strict=True):
            hit["want_id"] = want
        store.add_hits(self.session, hits)
        ids = [each["id"] for each in hits]
        begin_history(self.session, ForensicHit.__table__, force, ids)
        for place, hit in zip(self.new.values(), hits, strict=True):
            self.results[place] = Told(CREATED, hit["id"], hit["reference"])

    def told(self) -> list[Told]:
        """Compare what came again with what stands, and give all results in order."""
        made = {_key(self.rows[each]) for each in self.again} & self.new.keys()
        if made:
            self.standing |= store.find_standing(self.session, made)
        for place in self.again:
            self.results[place] = self._compare(place)
        return [self.results[place] for place in range(len(self.rows))]

    def _covers(self, facts: Mapping[str, Any]) -> bool:
        return self.sender.scope.covers(self._lpa(facts), facts.get("neighbourhood"))

    def _lpa(self, facts: Mapping[str, Any]) -> str | None:
        place = facts.get("neighbourhood")
        return self.areas.get(place) if place else facts.get("lpa")

    def _hit(
        self, place: int, force: str, at: datetime, figures: Mapping[str, int]
    ) -> dict[str, Any]:
        row, meant = self.rows[place], self.meant[place]
        facts = {name: row.facts.get(name) for name in FACTS}
        facts["lpa"] = self._lpa(row.facts)
        received_at: datetime = facts["received_at"] or max(at, facts["identified_at"] or at)
        offence_class = class_of(facts["offence_code"])
        return {
            **facts,
            "received_at": received_at,
            "force": force,
            "id": new_id(force),
            "reference": new_reference("H", force),
            "offence_class": offence_class,
            "owner_team": duty_team(force, facts["lpa"]),
            "person_state": meant.state,
            "person_id": meant.person_id,
            "doubt": meant.doubt,
            "candidates": list(meant.candidates),
            "stated": stated_of(row.stated),
            "want_id": None,
            "state": Own.RECEIVED,
            "linked_crimes": [],
            **due_moments(figures, offence_class, received_at),
            "recorded_by": self.sender.actor,
            "version": 1,
            "recorded_at": at,
            "updated_at": at,
        }

    def _compare(self, place: int) -> Told:
        row = self.rows[place]
        hit = self.standing[_key(row)]
        is_hidden = self.sender.is_client and hit.recorded_by != self.sender.actor
        if is_hidden or not self.sender.scope.covers(hit.lpa, hit.neighbourhood):
            return Told(CONFLICT, detail=_TAKEN)
        differs = differences(row, self.meant[place], hit)
        if not differs:
            return Told(KNOWN, hit.id, hit.reference)
        errors = tuple(_error(f"/{name}", "This differs from what stands.") for name in differs)
        return Told(CONFLICT, hit.id, hit.reference, errors, _OTHER_FACTS)


def differences(row: Sent, meant: Meant, hit: Any) -> list[str]:
    """Name what a row says otherwise than the hit that stands; what it leaves out is no matter."""
    found = [name for name in FACTS if row.facts.get(name) not in {None, getattr(hit, name)}]
    if meant.person_id is not None and meant.person_id == hit.person_id:
        return found
    stated = stated_of(row.stated)
    return found + [name for name, value in stated.items() if value != hit.stated.get(name)]


def naming_of(hit: Mapping[str, Any]) -> Naming:
    """Give what the want of a hit with a person is found by."""
    return Naming(**{name: hit[name] for name in Naming._fields})


def stated_of(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is stated of the person, without what is not."""
    return {name: stated[name] for name in STATED if stated.get(name) is not None}


def _key(row: Sent) -> str:
    key: str = row.facts["laboratory_reference"]
    return key


def _order(facts: Mapping[str, Any]) -> list[dict[str, str]]:
    identified, received = facts.get("identified_at"), facts.get("received_at")
    if identified is None or received is None or identified <= received:
        return []
    message = "A hit is received after it was identified. Send a moment not before identified_at."
    return [_error("/received_at", message)]


def _error(pointer: str, detail: str) -> dict[str, str]:
    return {"pointer": pointer, "detail": detail}
