"""Use cases of foreign-conviction checks, as routes, jobs and higher capabilities call them."""

from __future__ import annotations

from offenders.domain.acro.requiring import Required, require_checks

__all__ = ["Required", "require_checks"]
