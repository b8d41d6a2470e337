"""Routes of codes, areas and rules."""

from __future__ import annotations

from functools import partial
from typing import Any

from offenders import clock
from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import Routes, route
from offenders.api.pages import page_by_code
from offenders.api.permissions import Operation
from offenders.api.schemas.fields import ItemPage, PageQuery
from offenders.api.schemas.reference import (
    NeighbourhoodQuery,
    OffenceQuery,
    PolicyBody,
    RuleQuery,
)
from offenders.domain.reference import policies, service
from offenders.errors import Invalid, NotFound

routes = Routes("reference", __name__, url_prefix="/v1", description="Codes, areas and rules")


def _reference(name: str) -> Operation:
    return Operation(f"reference.{name}", "reference:read", "reference", None)


def _by_code(call: Call, lister: Any, *arguments: Any) -> Answer:
    return Answer(page_by_code(call.query, partial(lister, call.session, *arguments)))


@route(routes, "GET", "/forces", _reference("forces"), query=PageQuery, answer=ItemPage)
def list_forces(call: Call) -> Answer:
    """List the police forces and other bodies that hold a force code."""
    return _by_code(call, service.list_forces)


@route(
    routes,
    "GET",
    "/forces/<force_code>/lpas",
    _reference("lpas"),
    query=PageQuery,
    answer=ItemPage,
)
def list_lpas(call: Call, force_code: str) -> Answer:
    """List the local policing areas of a force."""
    if not service.force_exists(call.session, force_code):
        raise NotFound
    return _by_code(call, service.list_lpas, force_code)


@route(
    routes,
    "GET",
    "/neighbourhoods",
    _reference("neighbourhoods"),
    query=NeighbourhoodQuery,
    answer=ItemPage,
)
def list_neighbourhoods(call: Call) -> Answer:
    """List neighbourhoods; `point` finds the one in which a point lies."""
    lister = partial(
        service.list_neighbourhoods,
        lpa=call.query.get("lpa"),
        point=_point(call.query.get("point")),
    )
    return _by_code(call, lister, call.force)


def _point(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError as error:
        raise Invalid.field("/point", "Send latitude,longitude, e.g. 52.63,-1.13.") from error
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):  # noqa: PLR2004 - degrees
        raise Invalid.field("/point", "Send latitude,longitude in degrees.")
    return latitude, longitude


@route(routes, "GET", "/neighbourhoods/<code>", _reference("neighbourhood"))
def get_neighbourhood(call: Call, code: str) -> Answer:
    """Give one neighbourhood with its LPA and boundary."""
    row = service.find_neighbourhood(call.session, call.force, code)
    if row is None:
        raise NotFound
    return Answer(row[0].encode())


@route(routes, "GET", "/offences", _reference("offences"), query=OffenceQuery, answer=ItemPage)
def list_offences(call: Call) -> Answer:
    """List CJS offence codes; `q` is a code or part of a title."""
    return _by_code(call, service.list_offences, call.query.get("q"))


def _list_of(name: str, rule: str) -> None:
    title = name.replace("_", " ")

    def list_codes(call: Call) -> Answer:
        return _by_code(call, service.list_entries, name)

    list_codes.__name__ = f"list_{name}"
    list_codes.__doc__ = f"List the codes of {title}; `verified` false means check before go-live."
    route(routes, "GET", rule, _reference(name), query=PageQuery, answer=ItemPage)(list_codes)


_list_of("countries", "/countries")
_list_of("warning_markers", "/warning-markers")
_list_of("ethnicity_self_defined", "/ethnicities/self-defined")
_list_of("ethnicity_observed", "/ethnicities/observed")
_list_of("sex", "/sexes")
_list_of("agencies", "/agencies")


@route(
    routes,
    "GET",
    "/order-types",
    _reference("order_types"),
    query=PageQuery,
    answer=ItemPage,
)
def list_order_types(call: Call) -> Answer:
    """List the types of orders, each with who makes it, its lengths, dates, areas and sections."""
    return _by_code(call, service.list_order_types)


@route(
    routes,
    "GET",
    "/rules",
    Operation("rules.list", "reference:read", "force", None),
    query=RuleQuery,
    answer=ItemPage,
)
def list_rules(call: Call) -> Answer:
    """List every deadline rule: what it watches, its figures, dates, source and confidence."""
    rows = service.list_rules(call.session, call.force, call.query.get("on"))
    items = ",".join(row[0] for row in rows)
    return Answer(b'{"items":[' + items.encode() + b'],"next":null}')


@route(
    routes,
    "PUT",
    "/forces/<force_code>/policies/<rule>",
    Operation("policies.set", "policies:write", "force", "operation"),
    body=PolicyBody,
)
def set_policy(call: Call, force_code: str, rule: str) -> Answer:
    """Put the force's own dated figure for a rule; it acts from its first day on."""
    if force_code != call.force:
        raise NotFound
    from_on = call.body.get("from_", clock.today())
    to_on = call.body.get("to")
    if to_on is not None and to_on < from_on:
        raise Invalid.field("/to", "Send a day not before `from`.")
    policies.set_figures(
        call.session,
        rule=rule,
        figures=call.body["figure"],
        from_on=from_on,
        to_on=to_on,
        source=call.body.get("source", "force policy"),
        set_by=call.actor.subject,
    )
    figures = policies.figures_in_force(call.session, call.force, rule, from_on)
    content = {"rule": rule, "force": force_code, "from": from_on, "to": to_on, "figures": figures}
    return Answer(as_json(content), details={"rule": rule, "figures": call.body["figure"]})
