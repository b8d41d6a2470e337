"""The documents that are made from the code: the specification and the table of access."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from offenders.api import create_app
from offenders.db import serving_engine
from offenders.domain.access import AREA_ROLES
from offenders.domain.permissions import PERMISSIONS
from offenders.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

    from offenders.api.permissions import Operation

_INTRODUCTION = """\
# Who may call what

Made by `make docs` from `offenders/domain/access.py` and the declared routes.

`force`: the reader's whole force. `area`: the areas in the token, or the whole force if it names
none. `all`: every force, counts or codes only. Empty: not permitted (403). Records out of scope
answer 404, like records that don't exist. Routes that need no token are not listed.
"""


def bare_app() -> Flask:
    """Make the application without a database, to ask it about itself."""
    with TemporaryDirectory() as data_dir:
        settings = replace(Settings(), data_dir=Path(data_dir))
        return create_app(settings, serving_engine("postgresql://"))


def specification(app: Flask) -> str:
    """Give the specification as it is served, laid out for people and for comparing."""
    answer: Any = app.view_functions["health.openapi"]()
    return json.dumps(json.loads(answer.get_data()), indent=2, ensure_ascii=False) + "\n"


def access_table(app: Flask) -> str:
    """Give the table role by route in Markdown."""
    operations = app.extensions["operations"]
    roles = list(PERMISSIONS)
    lines = [
        _INTRODUCTION,
        _line(["method", "address", "operation", "permission", "audit", *roles]),
        _line(["---"] * (5 + len(roles))),
    ]
    for (address, method), operation in sorted(operations.items()):
        if operation.scope != "public":
            reach = [_reach(operation, role) for role in roles]
            audit = operation.audit_class or ""
            about = [
                method,
                f"`{address}`",
                operation.name,
                operation.permission or "",
                audit,
            ]
            lines.append(_line([*about, *reach]))
    return "\n".join(lines) + "\n"


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _reach(operation: Operation, role: str) -> str:
    if operation.permission not in PERMISSIONS[role]:
        return "shared" if operation.shared in PERMISSIONS[role] else ""
    if operation.scope in {"reference", "national"}:
        return "all"
    return "area" if operation.scope == "area" and role in AREA_ROLES else "force"
