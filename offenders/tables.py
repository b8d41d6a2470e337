"""All tables in one place, for migrations and their tests."""

from offenders import edge_models as api
from offenders.db import Base
from offenders.domain.acro import models as acro
from offenders.domain.audit import models as audit
from offenders.domain.bail import models as bail
from offenders.domain.briefings import models as briefings
from offenders.domain.changes import models as changes
from offenders.domain.command import models as command
from offenders.domain.custody import models as custody
from offenders.domain.flags import models as flags
from offenders.domain.forensics import models as forensics
from offenders.domain.imports import models as imports
from offenders.domain.iom import models as iom
from offenders.domain.mappa import models as mappa
from offenders.domain.meetings import models as meetings
from offenders.domain.merging import models as merging
from offenders.domain.orders import models as orders
from offenders.domain.outbox import models as outbox
from offenders.domain.persons import models as persons
from offenders.domain.pnc import models as pnc
from offenders.domain.quality import models as quality
from offenders.domain.reference import models as reference
from offenders.domain.registrations import models as registrations
from offenders.domain.sharing import models as sharing
from offenders.domain.subscriptions import models as subscriptions
from offenders.domain.tasks import models as tasks
from offenders.domain.wanted import models as wanted
from offenders.jobs import models as jobs

__all__ = [
    "acro",
    "api",
    "audit",
    "bail",
    "briefings",
    "changes",
    "command",
    "custody",
    "flags",
    "forensics",
    "imports",
    "iom",
    "jobs",
    "mappa",
    "meetings",
    "merging",
    "orders",
    "outbox",
    "persons",
    "pnc",
    "quality",
    "reference",
    "registrations",
    "sharing",
    "subscriptions",
    "tasks",
    "wanted",
]

metadata = Base.metadata

# Tables without a force: codes, the run of jobs, marks of writers, counters of the edge, facts of
# the installation.
WITHOUT_FORCE = frozenset(
    {
        "alembic_version",
        "code_entries",
        "default_figures",
        "force_writes",
        "forces",
        "installation",
        "job_runs",
        "live_subscriptions",
        "offences",
        "order_types",
        "request_counters",
        "waiting_imports",
        "waiting_messages",
    }
)
