"""Routes of audit."""

from __future__ import annotations

from offenders.api.operations import Routes

routes = Routes("audit", __name__, url_prefix="/v1", description="audit")
