"""Publishing, amending and withdrawing items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.access import scope, sight
from offenders.domain.actors import ROLES
from offenders.domain.briefings import rules, store
from offenders.domain.briefings.asking import WRITE, Question
from offenders.domain.briefings.audience import require_audience
from offenders.domain.briefings.models import Briefing, BriefingVersion
from offenders.domain.briefings.subjects import KINDS
from offenders.domain.grading import parse_grade
from offenders.domain.persons.finding import hold_person
from offenders.domain.reference.policies import figure_in_force
from offenders.domain.working_days import london_day
from offenders.errors import Conflict, Forbidden, Invalid, NotFound
from offenders.ids import as_reference, as_uuid, new_id, new_reference

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.actors import Actor
    from offenders.domain.versions import IfMatch

VALIDITY: Final = "briefing-validity"
AUDIENCE: Final = ("lpas", "neighbourhoods", "teams", "roles")
_PLAIN: Final = ("title", "text", "priority", "marking", "handling", "handling_conditions")
_KEPT: Final = (
    *_PLAIN,
    *AUDIENCE,
    "subject_type",
    "subject_id",
    "person_id",
    "valid_from",
    "valid_until",
    "grade",
    "edition",
)


@dataclass(frozen=True)
class Doing:
    """Who does what to which item, and when."""

    actor: Actor
    force: str
    item: str
    fields: dict[str, Any]
    if_match: IfMatch
    now: datetime

    @property
    def question(self) -> Question:
        """Give the question of what this actor may know."""
        return Question(self.actor, self.force, self.now, {"state": "all"})


def publish_item(session: Session, doing: Doing) -> UUID:
    """Publish an item; give its id."""
    fields, at = doing.fields, recorded_at(session)
    subject_type, subject_id, person_id = _find_subject(session, doing)
    audience = fields.get("audience") or {}
    item = Briefing(
        force=doing.force,
        id=new_id(doing.force),
        reference=new_reference("L", doing.force),
        subject_type=subject_type,
        subject_id=subject_id,
        person_id=person_id,
        valid_from=fields.get("valid_from") or doing.now,
        valid_until=fields["valid_until"],
        grade=fields.get("grade"),
        edition=1,
        author=doing.actor.subject,
        version=1,
        recorded_at=at,
        updated_at=at,
        **{name: fields.get(name) for name in _PLAIN},
        **{name: sorted(set(audience.get(name, ()))) for name in AUDIENCE},
    )
    _require_right(session, doing, item, set(fields))
    session.add(item)
    _keep(session, item, "publication", doing.actor)
    if subject_type is not None:
        _require_standing(session, doing, str(item.id))
    return item.id


def amend_item(session: Session, doing: Doing) -> UUID:
    """Change an item that stands; another wording is another edition, to be read anew."""
    item = _take(session, doing)
    changed = set()
    fields = dict(doing.fields)
    fields |= fields.pop("audience", None) or {}
    for name, value in fields.items():
        new = sorted(set(value)) if name in AUDIENCE else value
        if getattr(item, name) != new:
            setattr(item, name, new)
            changed.add(name)
    _require_right(session, doing, item, changed)
    if changed:
        item.edition += rules.is_reworded(changed)
        _bump(session, item)
        _keep(session, item, "amendment", doing.actor)
    return item.id


def withdraw_item(session: Session, doing: Doing) -> UUID:
    """Withdraw an item, with a coded cause and a reason."""
    item = _take(session, doing)
    item.withdrawn_at, item.withdrawn_by = recorded_at(session), doing.actor.subject
    item.withdrawn_because = doing.fields["because"]
    item.withdrawn_reason = doing.fields["reason"]
    _bump(session, item)
    _keep(session, item, "withdrawal", doing.actor)
    return item.id


def get_item(session: Session, question: Question, written: str) -> Row[Any]:
    """Give one item as the reader may see it; raise NotFound. Readers are given what is current."""
    row = store.find_item(session, question, written)
    if row is None or not (question.writes or row.state == "current"):
        raise NotFound
    return row


def _take(session: Session, doing: Doing) -> Briefing:
    row = get_item(session, doing.question, doing.item)
    item = session.get(Briefing, (doing.force, row.id), with_for_update=True)
    if item is None:
        raise NotFound
    doing.if_match.check(item.version)
    if row.state in {"withdrawn", "expired", "subject_ended"}:
        message = "This item has dropped out. Publish another one."
        raise Conflict(message, state=row.state, possible=[])
    own = scope(doing.actor, WRITE, doing.force)
    require_audience(session, own, item, "This item is for others, too. Its author may change it.")
    return item


def _bump(session: Session, item: Briefing) -> None:
    item.version += 1
    item.updated_at = recorded_at(session)


def _keep(session: Session, item: Briefing, kind: str, actor: Actor) -> None:
    """Write the version of the item as it now stands."""
    names = (*_KEPT, "withdrawn_because", "withdrawn_reason")
    content = {name: _plainly(getattr(item, name)) for name in names}
    session.add(
        BriefingVersion(
            force=item.force,
            briefing_id=item.id,
            version=item.version,
            kind=kind,
            content=content,
            actor=actor.subject,
            recorded_at=recorded_at(session),
        )
    )
    session.flush()


def _plainly(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _require_right(session: Session, doing: Doing, item: Briefing, changed: set[str]) -> None:
    """Refuse what no item may be, or none of this author."""
    if item.handling not in sight(doing.actor).handlings:
        message = f"An item handled as {item.handling} needs the permission to read such material."
        raise Forbidden(message)
    item.grade = _grade(item.grade)
    if rules.needs_conditions(item.handling, item.grade) and not item.handling_conditions:
        message = "Covert material, and a grade that ends in C, need their handling conditions."
        raise Invalid.field("/handling_conditions", message)
    if unknown := sorted(set(item.roles) - ROLES):
        raise Invalid.field("/audience/roles", f"There is no role {', '.join(unknown)}.")
    if {"valid_from", "valid_until"} & changed:
        _require_end(session, item, doing.now)
    own = scope(doing.actor, WRITE, doing.force)
    message = "This reaches beyond the areas of your token. Name LPAs, neighbourhoods or teams."
    require_audience(session, own, item, message)


def _grade(written: str | None) -> str | None:
    if written is None:
        return None
    try:
        return parse_grade(written)
    except ValueError as error:
        raise Invalid.field("/grade", str(error)) from error


def _require_end(session: Session, item: Briefing, now: datetime) -> None:
    longest = figure_in_force(session, item.force, VALIDITY, london_day(now)) or 0
    if item.valid_until <= max(now, item.valid_from):
        message = "The item would have ended already. Send a moment in the future."
        raise Invalid.field("/valid_until", message)
    if item.valid_until > rules.latest_end(item.valid_from, longest):
        message = f"An item stands {longest} days at most, by the policy {VALIDITY} of your force."
        raise Invalid.field("/valid_until", message, rule=VALIDITY)


def _find_subject(session: Session, doing: Doing) -> tuple[str | None, UUID | None, UUID | None]:
    """Give type, id and person of what the item is about; whether it may be seen comes later."""
    about = doing.fields.get("about")
    if about is None:
        return None, None, None
    written = str(about["id"])
    if about["type"] == "person":
        try:
            return "person", None, hold_person(session, written).id
        except Invalid as error:
            raise _no_subject() from error
    statement = text(f"""
        SELECT r.id, r.person_id FROM {KINDS[about["type"]].table} r
        WHERE r.force = :force AND (r.id = :id OR r.reference = :reference)
    """)
    named = {"id": as_uuid(written), "reference": as_reference(written)}
    row = session.execute(statement, {"force": doing.force, **named}).one_or_none()
    if row is None:
        raise _no_subject()
    return about["type"], row.id, row.person_id


def _require_standing(session: Session, doing: Doing, item: str) -> None:
    """Refuse a subject that the author may not see, as if there were none, or that has ended."""
    row = store.find_item(session, doing.question, item)
    if row is None or row.is_masked:
        raise _no_subject()
    if row.state == "subject_ended":
        message = "What the item is about has ended. Leave `about` out, or name what stands."
        raise Invalid.field("/about/id", message)


def _no_subject() -> Invalid:
    return Invalid.field("/about/id", "There is no such record here. Check type and id.")
