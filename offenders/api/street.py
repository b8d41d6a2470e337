"""Routes for the officer on the street: the offenders of a ward."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.readings import Asked, read_route
from offenders.api.schemas import street as schemas
from offenders.api.schemas.fields import ItemPage, PageQuery
from offenders.domain.access import reader_of, scope, sight
from offenders.domain.briefings.offenders import WardQuestion, count_ward, reading_of_ward
from offenders.domain.briefings.seeing import PERMISSION, street_sight
from offenders.domain.changes.service import base_of
from offenders.domain.persons.service import require_person
from offenders.domain.wanted import service as wanted

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.api.pages import Page
    from offenders.domain.reading import Reading

routes = Routes("street", __name__, url_prefix="/v1", description="On the street")

_MASKED = ("place", "latitude", "longitude", "note")


def _question(asked: Asked, code: str) -> WardQuestion:
    return WardQuestion(
        street_sight(asked.actor, asked.force),
        code,
        asked.now,
        asked.query.get("reason"),
        asked.query.get("near"),
        base_of(asked.bearer, asked.force).id,
        reader_of(asked.bearer),
    )


def _count_all(session: Session, asked: Asked, code: str) -> int:
    return count_ward(session, _question(asked, code))


@read_route(
    routes,
    "/neighbourhoods/<code>/offenders",
    Operation("street.ward", PERMISSION, "area", "consultation", asks_reason=True),
    query=schemas.WardQuery,
    answer=schemas.OffenderPage,
    is_paged=True,
    total=_count_all,
    is_for_device=True,
)
def list_offenders(asked: Asked, code: str) -> Reading:
    """List who in a ward is wanted, in IOM, under an order, registered or in MAPPA, by risk.

    Somebody is of the ward where their current address or one of their reasons has its area;
    an address that is protected from the reader places nobody. First those who are wanted and
    dangerous. Gzip is given to who accepts it; the ETag covers all that is shown but `as_of`.
    """
    page = cast("Page", asked.page)
    return reading_of_ward(_question(asked, code), page.after, page.limit)


@route(
    routes,
    "POST",
    "/people/<person>/sightings",
    Operation("sightings.record", "sightings:log", "force", "collection"),
    body=schemas.SightingBody,
    answer=schemas.SightingAnswer,
    status=201,
)
def record_sighting(call: Call, person: str) -> Answer:
    """Record that somebody was seen; it counts as activity of the wants that were open then.

    It may be sent late and twice under one client_id: a repeat is answered 200 with the first
    record, another sighting under the same id is 409.
    """
    recorded = wanted.record_sighting(
        call.session,
        actor=call.actor.subject,
        scope=scope(call.actor, "wanted:read", call.force),
        written=person,
        fields=call.body,
        now=call.now,
    )
    row = wanted.show_sighting(
        call.session, recorded.sighting, sees_protected=sight(call.actor).protected_addresses
    )
    wants = as_json(recorded.wants)
    return Answer(
        row[0][:-1].encode() + b',"wants":' + wants + b"}",
        status=200 if recorded.is_repeated else 201,
        location=f"/v1/people/{recorded.sighting.person_id}/sightings",
        subject_type="person",
        subjects=[recorded.sighting.person_id, recorded.sighting.id, *recorded.wants],
        masked=_MASKED if row.is_hidden else (),
    )


@route(
    routes,
    "GET",
    "/people/<person>/sightings",
    Operation("sightings.list", "persons:read", "force", "consultation", asks_reason=True),
    query=PageQuery,
    answer=ItemPage,
)
def list_sightings(call: Call, person: str) -> Answer:
    """List where somebody was seen, the last first; of a protected person not where."""
    page = read_page(call.query)
    found = require_person(call.session, person)
    rows = wanted.list_sightings(
        call.session,
        person_id=found.id,
        sees_protected=sight(call.actor).protected_addresses,
        after=page.after,
        limit=page.limit + 1,
    )
    shown = rows[: page.limit]
    total = wanted.count_sightings(call.session, found.id) if page.with_total else None
    return Answer(
        make_page(rows, page, key=lambda row: [row[1], str(row[2])], total=total),
        subject_type="person",
        subjects=[found.id, *(row.id for row in shown)],
        people=[found.id],
        masked=_MASKED if any(row.is_hidden for row in shown) else (),
    )
