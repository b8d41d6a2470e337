"""Routes of jobs."""

from __future__ import annotations

from offenders.api.operations import Routes

routes = Routes("jobs", __name__, url_prefix="/v1", description="jobs")
