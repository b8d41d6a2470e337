"""What every operation declares: its permission, its scope and its audit class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from offenders.domain.audit.models import CLASSES
from offenders.domain.permissions import PERMISSIONS

if TYPE_CHECKING:
    from flask import Flask

SCOPES = ("area", "force", "reference", "national", "public")


@dataclass(frozen=True)
class Operation:
    """One thing the service can be asked to do.

    `name` is the audit verb, e.g. `wanted.read`. Scope: `area` (narrowed by the token's areas
    for some roles), `force`, `reference` (codes and areas of any force), `national` (counts
    over forces), `public` (no token). `audit_class` is one of DPA 2018 s.62, or None where no
    personal data is touched. `shared` is the permission by which partner agencies ask it, too,
    for what is shared with them alone.
    """

    name: str
    permission: str | None
    scope: str
    audit_class: str | None
    asks_reason: bool = False
    shared: str | None = None


class UndeclaredRoute(RuntimeError):
    """A route without permission, scope and audit class; the application must not start."""


def declared_operations(app: Flask) -> dict[tuple[str, str], Operation]:
    """Give the operation of every route and method, or refuse to start."""
    found: dict[tuple[str, str], Operation] = {}
    for rule in app.url_map.iter_rules():
        operation = getattr(app.view_functions[rule.endpoint], "operation", None)
        if not isinstance(operation, Operation):
            message = f"{rule.rule} declares no permission, scope and audit class."
            raise UndeclaredRoute(message)
        _check(operation, rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            found[(rule.rule, method)] = operation
    return found


def _check(operation: Operation, rule: str) -> None:
    known = set().union(*PERMISSIONS.values())
    if operation.scope not in SCOPES:
        message = f"{rule} has the unknown scope {operation.scope}."
        raise UndeclaredRoute(message)
    if operation.scope != "public" and operation.permission not in known:
        message = f"{rule} asks for {operation.permission}, which no role carries."
        raise UndeclaredRoute(message)
    if operation.shared is not None and operation.shared not in known:
        message = f"{rule} asks for {operation.shared}, which no role carries."
        raise UndeclaredRoute(message)
    if operation.audit_class is not None and operation.audit_class not in CLASSES:
        message = f"{rule} has the unknown audit class {operation.audit_class}."
        raise UndeclaredRoute(message)
