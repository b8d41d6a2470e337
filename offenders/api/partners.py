"""What a partner agency may ask: people shared with it, in the fields its agreements open.

A way of its own beside that of the force: whom it may see is looked up first, by joins, and what
is then shown is what the least of the force's readers sees, less all that no agreement opens.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import orjson

from offenders.api.calls import Answer, Call, as_json
from offenders.api.pages import make_page, read_page
from offenders.domain.access import Scope, sight
from offenders.domain.iom import service as iom
from offenders.domain.persons import service as persons
from offenders.domain.persons.service import EntryQuestion, Search
from offenders.domain.reading import show
from offenders.domain.sharing import service as sharing
from offenders.domain.sharing.service import IOM, MEETING, NOTES, member_for, only, person_for
from offenders.domain.working_days import london_day
from offenders.errors import Forbidden, Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from offenders.api.permissions import Operation
    from offenders.domain.actors import Actor
    from offenders.domain.reading import Reading

    ReadPerson = Callable[[Actor, str, datetime, str], Reading]

SHARED: Final = "shared:read"
SHARED_WORK: Final = "shared:write"
_LEAST_READER: Final = "response_officer"
_CREATED: Final = 201
_PAGING: Final = frozenset({"limit", "cursor", "count"})


def _as_least_reader(call: Call) -> Actor:
    """Give the partner as one who sees of people what everybody in the force does."""
    nowhere: frozenset[str] = frozenset()
    roles = frozenset({_LEAST_READER})
    return replace(call.actor, roles=roles, lpas=nowhere, neighbourhoods=nowhere)


def _refuse_filters(call: Call, allowed: frozenset[str] = frozenset()) -> None:
    """Refuse to look for what isn't shown: to ask by it would show it."""
    asked = sorted(call.query.keys() - _PAGING - allowed)
    if asked:
        message = f"A partner agency lists what is shared with it. Leave out {', '.join(asked)}."
        raise Forbidden(message)


def _answer(  # noqa: PLR0913 - what is shown of whom
    call: Call,
    body: bytes,
    subject_type: str,
    subjects: Sequence[UUID],
    people: Sequence[UUID],
    *,
    masked: Sequence[str] = (),
    version: int | None = None,
    status: int = 200,
    location: str | None = None,
) -> Answer:
    return Answer(
        body,
        version=version,
        status=status,
        location=location,
        subject_type=subject_type,
        subjects=subjects,
        people=people,
        masked=masked,
        details={"agency": call.actor.agency},
        audit_class="disclosure" if status != _CREATED else None,
    )


def list_people(call: Call) -> Answer:
    """List the people shared with the caller's agency: who they are, and markers where open."""
    _refuse_filters(call)
    page = read_page(call.query)
    agency = call.actor.agency
    after = str(page.after[0]) if page.after else None
    shared = {
        each.id: each
        for each in sharing.list_shared(call.session, agency, after=after, limit=page.limit + 1)
    }
    search = Search({"among": list(shared)}, sight(_as_least_reader(call)), london_day(call.now))
    found = persons.search_people(call.session, search, after=None, limit=page.limit + 1)
    rows = [(_found(each.json, shared[each.id].groups), str(each.id)) for each in found]
    total = len(sharing.list_shared(call.session, agency)) if page.with_total else None
    body = make_page(rows, page, key=lambda row: [row[1]], total=total)
    shown = [each.id for each in found[: page.limit]]
    return _answer(call, body, "person", shown, shown)


def _found(found: str, groups: frozenset[str]) -> str:
    return as_json(person_for(orjson.loads(found), groups)).decode()


def read_person(read: ReadPerson) -> Callable[..., Answer]:
    """Make the page of one person shared with the caller's agency."""

    def view(call: Call, person: str) -> Answer:
        shared = sharing.find_shared(call.session, call.actor.agency, person)
        body, version, masked = _person(call, read, shared)
        return _answer(
            call, body, "person", [shared.id], [shared.id], masked=masked, version=version
        )

    return view


def _person(call: Call, read: ReadPerson, shared: sharing.Shared) -> tuple[bytes, int, list[str]]:
    row = show(call.session, read(_as_least_reader(call), call.force, call.now, str(shared.id)))
    content = person_for(orjson.loads(row.body), shared.groups)
    return as_json(content), row.version, content["masked"]


def list_notes(call: Call, person: str) -> Answer:
    """List the agency's own notes on a person shared with it."""
    _refuse_filters(call)
    page = read_page(call.query)
    shared = _shared_for(call, person, NOTES)
    seen = sight(_as_least_reader(call))
    question = EntryQuestion("notes", str(shared.id), seen, agency=call.actor.agency)
    found = persons.list_entries(
        call.session,
        question,
        after=page.after,
        limit=page.limit + 1,
        with_total=page.with_total,
    )
    body = make_page(found.rows, page, key=lambda row: [row[1], str(row.id)], total=found.total)
    return _answer(call, body, "person", [shared.id], [shared.id])


def add_note(call: Call, person: str) -> Answer:
    """Add a note of the agency's on a person shared with it; the force reads it, too."""
    shared = _shared_for(call, person, NOTES)
    if call.body.get("handling", "normal") != "normal":
        raise Invalid.field("/handling", "A partner agency's notes are `normal`.")
    added = persons.add_entry(
        call.session,
        kind="notes",
        written=str(shared.id),
        fields=call.body | {"agency": call.actor.agency},
        sight=sight(_as_least_reader(call)),
        if_match=call.if_match,
    )
    return _answer(
        call,
        added.json.encode(),
        "person",
        [shared.id],
        [shared.id],
        version=added.version,
        status=_CREATED,
        location=f"/v1/people/{shared.id}/notes",
    )


def _shared_for(call: Call, person: str, group: str) -> sharing.Shared:
    shared = sharing.find_shared(call.session, call.actor.agency, person)
    if group not in shared.groups:
        raise NotFound
    return shared


def _members(call: Call, **filters: Any) -> iom.Question:
    """Ask for memberships of people whom an agreement opens so far."""
    shared = sharing.list_shared(call.session, call.actor.agency, within=IOM)
    people = [each.id for each in shared]
    return iom.Question({**filters, "people": people}, Scope(call.force), call.now, False, True)


def list_members(call: Call) -> Answer:
    """List the memberships of people shared with the agency, without their actions."""
    _refuse_filters(call)
    page = read_page(call.query)
    question = _members(call)
    row = show(call.session, iom.reading_of_members(question, page.after, page.limit))
    items = orjson.loads(f"{row.body}}}")["items"]
    shown = as_json({"items": [member_for(each, call.actor.agency) for each in items]})[:-1]
    total = iom.count_members(call.session, question) if page.with_total else None
    after = orjson.loads(row.after) if row.after else None
    body = page.close(shown.decode(), after, total)
    return _answer(call, body, "iom_member", row.subjects, row.people)


def read_member(call: Call, member: str) -> Answer:
    """Give the membership of a person shared with the agency, with its own actions."""
    _refuse_filters(call)
    return _shown_member(call, member)


def _shown_member(call: Call, member: str, status: int = 200) -> Answer:
    row = show(call.session, iom.reading_of_member(_members(call, state="all"), member))
    content = member_for(orjson.loads(row.body), call.actor.agency)
    return _answer(
        call,
        as_json(content),
        "iom_member",
        row.subjects,
        row.people,
        masked=content["masked"],
        version=row.version,
        status=status,
        location=f"/v1/iom/members/{row.id}" if status == _CREATED else None,
    )


def add_action(call: Call, member: str) -> Answer:
    """Add an action of the agency's own to the plan."""
    own, named = call.actor.agency, call.body.get("agency")
    if named is not None and named != own:
        raise Invalid.field("/agency", "Add actions of your own agency, or leave it out.")
    _shown_member(call, member)
    done = iom.add_action(call.session, _doing(call, member, call.body | {"agency": own}))
    return _shown_member(call, str(done.id), _CREATED)


def end_action(call: Call, member: str, action: str) -> Answer:
    """End one of the agency's own actions."""
    own = orjson.loads(_shown_member(call, member).body)["actions"]
    if action not in {each["id"] for each in own}:
        raise NotFound
    done = iom.end_action(call.session, _doing(call, member, call.body), action)
    return _shown_member(call, str(done.id), _CREATED)


def _doing(call: Call, member: str, body: dict[str, Any]) -> iom.Doing:
    actor = call.actor
    return iom.Doing(actor.subject, Scope(call.force), member, body, call.if_match, actor.agency)


def list_meetings(call: Call) -> Answer:
    """List the meetings that the agency attended, with who was there."""
    _refuse_filters(call)
    page = read_page(call.query)
    asked = (call.session, Scope(call.force), {"attended_by": call.actor.agency})
    found = iom.list_meetings(*asked, as_at=None, after=page.after, limit=page.limit + 1)
    rows = [(_meeting(row.body).decode(), row.held_at, str(row.id)) for row in found]
    total = iom.count_meetings(*asked, None) if page.with_total else None
    body = make_page(rows, page, key=lambda row: [row[1], row[2]], total=total)
    return _answer(call, body, "meeting", [row.id for row in found[: page.limit]], [])


def read_meeting(call: Call, meeting: str) -> Answer:
    """Give one meeting that the agency attended."""
    row = iom.show_meeting(call.session, Scope(call.force), meeting)
    if row is None or call.actor.agency not in orjson.loads(row.body)["agencies"]:
        raise NotFound
    return _answer(call, _meeting(row.body), "meeting", [row.id], [], version=1)


def _meeting(body: str) -> bytes:
    return as_json(only(orjson.loads(body), MEETING))


def shared(operation: Operation, permission: str = SHARED) -> Operation:
    """Give an operation that partners may ask, too, by this permission."""
    return replace(operation, shared=permission)
