"""Routes of flags."""

from __future__ import annotations

from offenders.api.operations import Routes

routes = Routes("flags", __name__, url_prefix="/v1", description="flags")
