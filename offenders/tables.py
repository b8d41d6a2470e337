"""All tables in one place, for migrations and their tests."""

from offenders.api import models as api
from offenders.db import Base
from offenders.domain.audit import models as audit
from offenders.domain.flags import models as flags
from offenders.domain.forensics import models as forensics
from offenders.domain.imports import models as imports
from offenders.domain.persons import models as persons
from offenders.domain.pnc import models as pnc
from offenders.domain.quality import models as quality
from offenders.domain.reference import models as reference
from offenders.domain.wanted import models as wanted
from offenders.jobs import models as jobs

__all__ = [
    "api",
    "audit",
    "flags",
    "forensics",
    "imports",
    "jobs",
    "persons",
    "pnc",
    "quality",
    "reference",
    "wanted",
]

metadata = Base.metadata

# Tables without a force: codes, the run of jobs, counters of the edge, facts of the installation.
WITHOUT_FORCE = frozenset(
    {
        "alembic_version",
        "code_entries",
        "default_figures",
        "forces",
        "installation",
        "job_runs",
        "offences",
        "request_counters",
        "waiting_imports",
    }
)
