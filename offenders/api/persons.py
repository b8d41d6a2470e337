"""Routes of people: record, search, read, amend."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from offenders import clock
from offenders.api import partners, person_parts, persons_entries
from offenders.api.calls import Answer, Call
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.partners import shared
from offenders.api.permissions import Operation
from offenders.api.readings import Asked, read_route
from offenders.api.schemas import persons as schemas
from offenders.api.schemas.fields import ItemPage
from offenders.db import settle
from offenders.domain.access import scope, sight
from offenders.domain.custody import service as custody
from offenders.domain.persons import service
from offenders.domain.persons.service import Search
from offenders.domain.reading import Reading, show
from offenders.domain.registrations import service as registrations
from offenders.domain.wanted import service as wanted

if TYPE_CHECKING:
    from datetime import datetime

    from offenders.domain.actors import Actor

routes = Routes("persons", __name__, url_prefix="/v1", description="People")

_READ, _WRITE = "persons:read", "persons:write"


def _reading(actor: Actor, force: str, now: datetime, written: str) -> Reading:
    """Compose the summary from persons and the capabilities above it."""
    seen = sight(actor)
    question = wanted.Question(
        {}, scope(actor, "wanted:read", force), now, seen.protected_addresses
    )
    wants, values = wanted.open_wants_of_person(question)
    parts, of_parts = person_parts.parts_of_person(actor, force, now)
    read = service.reading_of_person(written, seen, force, wants=wants, parts=parts)
    return replace(read, values=of_parts | values | read.values)


@route(
    routes,
    "POST",
    "/people",
    Operation("persons.record", _WRITE, "force", "collection"),
    body=schemas.PersonBody,
    answer=schemas.PersonAnswer,
    status=201,
)
def record_person(call: Call) -> Answer:
    """Record a person; the same valid PNC ID twice in a force is a conflict."""
    person_id = service.record_person(
        call.session, actor_subject=call.actor.subject, fields=call.body
    )
    return _shown(call, str(person_id), status=201)


@route(
    routes,
    "GET",
    "/people",
    shared(Operation("persons.search", _READ, "force", "consultation", asks_reason=True)),
    query=schemas.PeopleQuery,
    answer=ItemPage,
    partner=partners.list_people,
)
def search_people(call: Call) -> Answer:
    """Search people by what is known of them; each item says why it matched."""
    page = read_page(call.query)
    as_at = call.query.pop("as_at", None)
    if as_at is not None:
        settle(call.session, as_at)
    search = Search(call.query, sight(call.actor), clock.today(), as_at)
    rows = service.search_people(call.session, search, after=page.after, limit=page.limit + 1)
    total = service.count_people(call.session, search) if page.with_total else None
    found = [row.id for row in rows[: page.limit]]
    return Answer(
        make_page(rows, page, key=lambda row: [row.rank, str(row.id)], total=total),
        subject_type="person",
        subjects=found,
        people=found,
        details={"criteria": sorted(call.query)},
    )


@read_route(
    routes,
    "/people/<person>",
    shared(Operation("persons.read", _READ, "force", "consultation", asks_reason=True)),
    answer=schemas.PersonAnswer,
    missing=service.refuse_merged,
    partner=partners.read_person(_reading),
)
def read_person(asked: Asked, person: str) -> Reading:
    """Give a person with all that is open on them, as the reader may see it."""
    return _reading(asked.actor, asked.force, asked.now, person)


@route(
    routes,
    "PATCH",
    "/people/<person>",
    Operation("persons.amend", _WRITE, "force", "alteration"),
    body=schemas.PersonPatch,
    answer=schemas.PersonAnswer,
    if_match=True,
)
def amend_person(call: Call, person: str) -> Answer:
    """Change what is recorded of a person; a changed name is kept as a former one."""
    person_id = service.amend_person(
        call.session,
        actor_subject=call.actor.subject,
        written=person,
        fields=call.body,
        if_match=call.if_match,
    )
    if "nationalities" in call.body:
        custody.follow_nationalities(call.session, [person_id])
    if "date_of_birth" in call.body:
        registrations.follow_birth(
            call.session, actor=call.actor.subject, person_id=person_id, now=call.now
        )
    return _shown(call, str(person_id))


def _shown(call: Call, written: str, *, status: int = 200) -> Answer:
    row = show(call.session, _reading(call.actor, call.force, call.now, written))
    return Answer(
        row.body.encode(),
        version=row.version,
        status=status,
        location=f"/v1/people/{row.subjects[0]}" if status == 201 else None,  # noqa: PLR2004 - Created
        subject_type="person",
        subjects=row.subjects,
        people=row.people,
        masked=row.masked,
        details=row.details,
    )


persons_entries.declare(routes)
