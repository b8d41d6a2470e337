"""Routes of what hangs on a person: names, identifiers, addresses, markers, notes and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from offenders.api import partners
from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.schemas import persons_entries as schemas
from offenders.api.schemas.fields import ItemPage
from offenders.db import settle
from offenders.domain.access import sight
from offenders.domain.custody import service as custody
from offenders.domain.flags.markers import settle_marker_reviews
from offenders.domain.persons import service
from offenders.domain.persons.service import Added, EntryQuestion
from offenders.domain.wanted import service as wanted
from offenders.domain.wanted.service import Asker

if TYPE_CHECKING:
    from marshmallow import Schema

    from offenders.api.operations import Routes

_READ, _WRITE, _WRITE_NOTES = "persons:read", "persons:write", "notes:write"


class _Kind(NamedTuple):
    rule: str
    singular: str
    body: type[Schema]
    answer: type[Schema]
    adds: str
    lists: str
    permission: str = _WRITE
    query: type[Schema] = schemas.EntryQuery


_KINDS = (
    _Kind(
        "aliases",
        "alias",
        schemas.AliasBody,
        schemas.AliasAnswer,
        "Add an alias or a former name; the person is found by it from then on.",
        "List the aliases and former names of a person.",
    ),
    _Kind(
        "dates-of-birth",
        "date-of-birth",
        schemas.DateOfBirthBody,
        schemas.DateOfBirthAnswer,
        "Add a further date of birth, exact or approximate.",
        "List the further dates of birth of a person.",
    ),
    _Kind(
        "identifiers",
        "identifier",
        schemas.IdentifierBody,
        schemas.IdentifierAnswer,
        "Add an identifier; one that fails its check letter is refused.",
        "List the identifiers of a person, valid and invalid.",
    ),
    _Kind(
        "addresses",
        "address",
        schemas.AddressBody,
        schemas.AddressAnswer,
        "Add an address; the person's area and the wants that follow it move along.",
        "List the addresses of a person, unless they are protected from the reader.",
    ),
    _Kind(
        "vehicles",
        "vehicle",
        schemas.VehicleBody,
        schemas.VehicleAnswer,
        "Add a vehicle that the person uses.",
        "List the vehicles of a person.",
    ),
    _Kind(
        "markers",
        "marker",
        schemas.MarkerBody,
        schemas.MarkerAnswer,
        "Add a warning marker with its rationale; one active per code.",
        "List the warning markers of a person.",
        query=schemas.MarkerQuery,
    ),
    _Kind(
        "associations",
        "association",
        schemas.AssociationBody,
        schemas.AssociationAnswer,
        "Add how another person stands to this one; a victim's addresses become protected.",
        "List how others stand to this person.",
    ),
    _Kind(
        "notes",
        "note",
        schemas.PersonNoteBody,
        schemas.PersonNoteAnswer,
        "Add a note with its grade and handling.",
        "List the notes on a person that the reader may see.",
        permission=_WRITE_NOTES,
    ),
)


# What may change whether a review is due, or where the flag belongs.
_MOVES_FLAGS = frozenset({"addresses", "associations", "markers"})


def declare(routes: Routes) -> None:
    """Declare the list and the addition of every kind, and the review and end of a marker."""
    for kind in _KINDS:
        _declare_addition(routes, kind)
        _declare_list(routes, kind)
    route(
        routes,
        "POST",
        "/people/<person>/markers/<marker>/reviews",
        Operation("persons.review-marker", _WRITE, "force", "alteration"),
        body=schemas.MarkerReviewBody,
        answer=schemas.MarkerAnswer,
        status=201,
    )(review_marker)
    route(
        routes,
        "POST",
        "/people/<person>/markers/<marker>/removals",
        Operation("persons.remove-marker", _WRITE, "force", "alteration"),
        body=schemas.MarkerRemovalBody,
        answer=schemas.MarkerAnswer,
        status=201,
    )(remove_marker)


def _declare_addition(routes: Routes, kind: _Kind) -> None:
    def add(call: Call, person: str) -> Answer:
        added = service.add_entry(
            call.session,
            kind=kind.rule,
            written=person,
            fields=call.body,
            sight=sight(call.actor),
            if_match=call.if_match,
        )
        if kind.rule == "addresses":
            wanted.follow_addresses(call.session, [added.person_id])
        if kind.rule == "identifiers" and call.body["type"] == "pnc_id":
            asker = Asker(call.actor.subject, call.actor.role_text, call.request_id)
            custody.follow_pnc_ids(call.session, [added.person_id], asker)
        if kind.rule in _MOVES_FLAGS:
            for each in filter(None, (added.person_id, added.other_person_id)):
                settle_marker_reviews(call.session, each)
        return _added(added, kind.rule)

    add.__name__, add.__doc__ = f"add_{kind.rule}", kind.adds
    operation = Operation(f"persons.add-{kind.singular}", kind.permission, "force", "collection")
    is_shared = kind.rule == "notes"
    route(
        routes,
        "POST",
        f"/people/<person>/{kind.rule}",
        partners.shared(operation, partners.SHARED_WORK) if is_shared else operation,
        body=kind.body,
        answer=kind.answer,
        status=201,
        partner=partners.add_note if is_shared else None,
    )(add)


def _added(added: Added, rule: str) -> Answer:
    people = [each for each in (added.person_id, added.other_person_id) if each is not None]
    return Answer(
        added.json.encode(),
        version=added.version,
        status=201,
        location=f"/v1/people/{added.person_id}/{rule}",
        subject_type="person",
        subjects=people,
        people=people,
    )


def _declare_list(routes: Routes, kind: _Kind) -> None:
    def list_entries(call: Call, person: str) -> Answer:
        return _listed(call, kind.rule, person)

    list_entries.__name__, list_entries.__doc__ = f"list_{kind.rule}", kind.lists
    verb = f"persons.list-{kind.rule}"
    operation = Operation(verb, _READ, "force", "consultation", asks_reason=True)
    is_shared = kind.rule == "notes"
    route(
        routes,
        "GET",
        f"/people/<person>/{kind.rule}",
        partners.shared(operation) if is_shared else operation,
        query=kind.query,
        answer=ItemPage,
        partner=partners.list_notes if is_shared else None,
    )(list_entries)


def _listed(call: Call, rule: str, person: str) -> Answer:
    page = read_page(call.query)
    as_at = call.query.get("as_at")
    if as_at is not None:
        settle(call.session, as_at)
    state = call.query.get("state", "active")
    question = EntryQuestion(rule, person, sight(call.actor), as_at, state)
    found = service.list_entries(
        call.session,
        question,
        after=page.after,
        limit=page.limit + 1,
        with_total=page.with_total,
    )
    body = make_page(found.rows, page, key=_position, total=found.total)
    if found.masked:
        body = body[:-1] + b',"masked":' + as_json(found.masked) + b"}"
    others = [row.other_person_id for row in found.rows[: page.limit] if row.other_person_id]
    people = [found.person.id, *others]
    return Answer(body, subject_type="person", subjects=people, people=people, masked=found.masked)


def _position(row: Any) -> list[str]:
    return [row[1], str(row.id)]


def review_marker(call: Call, person: str, marker: str) -> Answer:
    """Record that a warning marker was looked at again and stays, and until when."""
    reviewed = service.review_marker_of(
        call.session,
        written=person,
        marker=marker,
        fields=call.body,
        sight=sight(call.actor),
        if_match=call.if_match,
    )
    settle_marker_reviews(call.session, reviewed.person_id)
    return _added(reviewed, "markers")


def remove_marker(call: Call, person: str, marker: str) -> Answer:
    """Remove a warning marker with a reason; it stays on record."""
    ended = service.end_marker(
        call.session,
        written=person,
        marker=marker,
        reason=call.body["reason"],
        sight=sight(call.actor),
        if_match=call.if_match,
    )
    settle_marker_reviews(call.session, ended.person_id)
    return _added(ended, "markers")
