"""Routes of imports."""

from __future__ import annotations

from offenders.api.operations import Routes

routes = Routes("imports", __name__, url_prefix="/v1", description="imports")
