"""Routes of a force's officers, teams and populations."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from offenders import clock
from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import Routes, route
from offenders.api.pages import page_by_code, page_of_list
from offenders.api.permissions import Operation
from offenders.api.schemas import directory as schemas
from offenders.api.schemas.fields import ItemPage
from offenders.domain.reference import directory, populations, service
from offenders.domain.reference.directory import OFFICERS, TEAMS
from offenders.domain.reference.populations import AREA_TYPES
from offenders.errors import Invalid, NotFound

if TYPE_CHECKING:
    from offenders.domain.reference.directory import Register

routes = Routes("directory", __name__, url_prefix="/v1", description="Officers, teams, populations")

CODE_LENGTH = 60  # characters, as fields.code


def _reads(name: str) -> Operation:
    return Operation(name, "directory:read", "force", None)


def _puts(name: str) -> Operation:
    return Operation(name, "reference:write", "force", "operation")


def _list(call: Call, register: Register) -> Answer:
    lister = partial(
        directory.list_entries, call.session, register, filters=call.query, today=clock.today()
    )
    return Answer(page_by_code(call.query, lister))


def _get(call: Call, register: Register, code: str) -> Answer:
    row = directory.find_entry(call.session, register, code, clock.today())
    if row is None:
        raise NotFound
    return Answer(row[0].encode(), version=row.version)


def _put(call: Call, register: Register, code: str) -> Answer:
    if code != code.strip() or len(code) > CODE_LENGTH:
        raise NotFound
    row = directory.find_entry(call.session, register, code, clock.today(), keep=True)
    if row is not None:
        call.if_match.check(row.version)
    directory.put_entries(call.session, register, [{"code": code, **call.body}])
    answer = _get(call, register, code)
    return Answer(
        answer.body,
        version=answer.version,
        status=200 if row is not None else 201,
        location=f"/v1/{register.table}/{code}" if row is None else None,
        details={register.table: code},
    )


@route(
    routes,
    "GET",
    "/officers",
    _reads("officers.list"),
    query=schemas.OfficersQuery,
    answer=ItemPage,
)
def list_officers(call: Call) -> Answer:
    """List officers by collar number: team, whether serving, whether the force has named them."""
    return _list(call, OFFICERS)


@route(routes, "GET", "/officers/<code>", _reads("officers.read"), answer=schemas.OfficerAnswer)
def get_officer(call: Call, code: str) -> Answer:
    """Give one officer, with a link to the wants they own."""
    return _get(call, OFFICERS, code)


@route(
    routes,
    "PUT",
    "/officers/<code>",
    _puts("officers.put"),
    body=schemas.OfficerBody,
    answer=schemas.OfficerAnswer,
)
def put_officer(call: Call, code: str) -> Answer:
    """Name an officer, or say that they moved team or left; what is left out is emptied."""
    return _put(call, OFFICERS, code)


@route(routes, "GET", "/teams", _reads("teams.list"), query=schemas.TeamsQuery, answer=ItemPage)
def list_teams(call: Call) -> Answer:
    """List teams and duty queues by code."""
    return _list(call, TEAMS)


@route(routes, "GET", "/teams/<code>", _reads("teams.read"), answer=schemas.TeamAnswer)
def get_team(call: Call, code: str) -> Answer:
    """Give one team, with a link to the wants it owns."""
    return _get(call, TEAMS, code)


@route(
    routes,
    "PUT",
    "/teams/<code>",
    _puts("teams.put"),
    body=schemas.TeamBody,
    answer=schemas.TeamAnswer,
)
def put_team(call: Call, code: str) -> Answer:
    """Name a team, or say that it has closed; what is left out is emptied."""
    service.require_area(call.session, call.body.get("lpa"), None)
    return _put(call, TEAMS, code)


@route(
    routes,
    "GET",
    "/populations",
    Operation("populations.list", "reference:read", "force", None),
    query=schemas.PopulationsQuery,
    answer=ItemPage,
)
def list_populations(call: Call) -> Answer:
    """List the populations in force, each with its year, group and source."""
    lister = partial(
        populations.list_populations,
        call.session,
        area_type=call.query.get("area_type"),
        area=call.query.get("area"),
    )
    return Answer(page_of_list(call.query, lister))


@route(
    routes,
    "PUT",
    "/populations/<area_type>/<area>/<year>",
    _puts("populations.put"),
    body=schemas.PopulationBody,
)
def put_population(call: Call, area_type: str, area: str, year: str) -> Answer:
    """Put the population of a force, LPA or neighbourhood in a year, with its source."""
    is_year = year.isdecimal() and schemas.FIRST_YEAR <= int(year) <= schemas.LAST_YEAR
    if not is_year:
        message = f"Send a year from {schemas.FIRST_YEAR} to {schemas.LAST_YEAR}."
        raise Invalid.field("/year", message)
    if area_type not in AREA_TYPES or not populations.area_exists(call.session, area_type, area):
        raise NotFound
    row: dict[str, Any] = {**call.body, "area_type": area_type, "area": area, "year": int(year)}
    populations.put_populations(call.session, [row], call.actor.subject)
    return Answer(as_json({"force": call.force, **row}), details={"area": area, "year": int(year)})
