"""Acts on a record: each kind has its permission, body and use case, and a route of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offenders.api.operations import route
from offenders.api.permissions import Operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from marshmallow import Schema

    from offenders.api.calls import Answer
    from offenders.api.operations import Routes


@dataclass(frozen=True)
class Act:
    """One kind of act; a rule with a further `<…>` names a part of the record.

    What is only added needs no If-Match. Where partner agencies may do it too, by the
    permission `shared`, `partner` answers them.
    """

    rule: str
    verb: str
    permission: str
    body: type[Schema]
    work: Callable[..., Any]
    says: str
    if_match: bool = True
    audit_class: str = "alteration"
    shared: str | None = None
    partner: Callable[..., Answer] | None = None


def declare_act(
    routes: Routes, act: Act, record: str, view: Callable[..., Answer], answer: type[Schema]
) -> None:
    """Declare the route of an act on what the address `record` names; `view` does it."""
    view.__name__, view.__doc__ = act.verb.replace(".", "_").replace("-", "_"), act.says
    route(
        routes,
        "POST",
        f"{record}/{act.rule}",
        Operation(act.verb, act.permission, "area", act.audit_class, shared=act.shared),
        body=act.body,
        answer=answer,
        status=201,
        if_match=act.if_match,
        partner=act.partner,
    )(view)
