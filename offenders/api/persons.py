"""Routes of persons."""

from __future__ import annotations

from offenders.api.operations import Routes

routes = Routes("persons", __name__, url_prefix="/v1", description="persons")
