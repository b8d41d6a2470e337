"""What falls due, as SQL: of each kind of record the days and moments that a reader may know.

Each source is read by its own permission and area, as the lists of that record are. References
alone are given; what is due of MAPPA and of registered people only to who manages or answers for
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.access import may, scope
from offenders.domain.registrations.store import figure_values, shown_source
from offenders.domain.tasks.asking import TEAM, task_sight
from offenders.domain.tasks.asking import Question as TaskQuestion
from offenders.domain.working_days import london_day

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from offenders.domain.actors import Actor


@dataclass(frozen=True)
class Entry:
    """One thing that falls due: its title, who may know of it, and the SQL of its day or moment."""

    title: str
    permission: str
    when: str
    is_day: bool = False


@dataclass(frozen=True)
class Source:
    """A kind of record `r` of a person `p`: where it is read, its entries, and who recorded it."""

    path: str
    rows: str
    entries: Mapping[str, Entry]
    owner: str = "owner"
    recorded_by: str = "recorded_by"


def _joined(table: str, condition: str) -> str:
    return f"""
        FROM {table} r JOIN persons p ON p.force = r.force AND p.id = r.person_id
        WHERE r.force = :force AND {condition}
    """


_ORDER_LIVE: Final = """
    r.state IN ('granted', 'in_force', 'varied')
    AND coalesce(r.expires_on >= CAST(:today AS date), true)
"""
_WANTED, _BAIL, _WHOLE = "wanted:read", "bail:read", "orders:read-whole"
_REGISTERED: Final = "registrations:read-full"
SOURCES: Final[Sequence[Source]] = (
    Source(
        "wanted",
        _joined("wants", "r.state = 'outstanding'"),
        {
            "want-arrest": Entry("Arrest due", _WANTED, "r.target_arrest_by"),
            "want-review": Entry("Review of want due", _WANTED, "r.review_due_at"),
            "want-validation": Entry("Validation due", _WANTED, "r.validation_due_at"),
        },
        recorded_by="entered_by",
    ),
    Source(
        "bail-records",
        _joined("bail_records", "r.outcome IS NULL"),
        {
            "bail-return": Entry(
                "Answers bail", _BAIL, "CASE WHEN r.state = 'on_bail' THEN r.return_at END"
            ),
            "bail-end": Entry(
                "Bail ends", _BAIL, "CASE WHEN r.state = 'on_bail' THEN r.ends_on END", is_day=True
            ),
            "bail-review": Entry("Review without bail due", _BAIL, "r.review_due_at"),
        },
    ),
    Source(
        "orders",
        _joined("orders", _ORDER_LIVE),
        {
            "order-expiry": Entry("Order expires", "orders:read", "r.expires_on", is_day=True),
            "order-review": Entry("Review of order due", _WHOLE, "r.review_due_on", is_day=True),
            "order-check": Entry("Compliance check due", _WHOLE, "r.check_due_on", is_day=True),
        },
    ),
    Source(
        "registrations",
        f"{shown_source()} AND r.state <> 'closed'",
        {
            "registration-visit": Entry("Visit due", _REGISTERED, "d.visit_due_on", is_day=True),
            "registration-planned-visit": Entry(
                "Visit planned", _REGISTERED, "r.visit_planned_for", is_day=True
            ),
            "registration-notification": Entry(
                "Notification due", _REGISTERED, "d.notification_due_on", is_day=True
            ),
            "registration-assessment": Entry(
                "Assessment due", _REGISTERED, "d.arms_due_on", is_day=True
            ),
        },
    ),
    Source(
        "mappa/cases",
        _joined("mappa_cases", "r.stage = 'open'"),
        {"mappa-meeting": Entry("Meeting due", "mappa:read", "r.meeting_due_at")},
    ),
    Source(
        "iom/members",
        _joined("iom_members", "r.exited_at IS NULL"),
        {"iom-review": Entry("Review of member due", "iom:read", "r.review_due_at")},
        owner="lead",
    ),
)
_TASK: Final = "task-due"
ENTRIES: Final[Mapping[str, Entry]] = {
    _TASK: Entry("Task due", "tasks:read", "t.due_at"),
    **{kind: entry for source in SOURCES for kind, entry in source.entries.items()},
}


def source_sql(
    actor: Actor, force: str, kinds: Collection[str], now: datetime
) -> list[tuple[str, dict[str, Any]]]:
    """Give for each source that the reader may read its SQL and values.

    Rows are kind, path, id, reference, day, moment, version, updated_at, owner_officer and
    owner_team. It takes `:first`, `:last`, `:begins`, `:ends` and `:sees_protected`.
    """
    found = []
    if _TASK in kinds and may(actor, ENTRIES[_TASK].permission):
        found.append(_of_tasks(actor, force, now))
    for number, source in enumerate(SOURCES):
        own = [kind for kind in source.entries if kind in kinds]
        own = [kind for kind in own if may(actor, source.entries[kind].permission)]
        if own:
            found.append(_of_source(actor, force, source, own, f"c{number}"))
    figures = figure_values(force, london_day(now))
    return [(sql, values | figures) for sql, values in found]


def _of_tasks(actor: Actor, force: str, now: datetime) -> tuple[str, dict[str, Any]]:
    """Give the tasks that the reader may see; one's own wherever they stand."""
    reach = scope(actor, ENTRIES[_TASK].permission, force)
    asked = TaskQuestion({}, reach, now, task_sight(actor))
    sql = f"""
        SELECT '{_TASK}' AS kind, 'tasks' AS path, t.id, t.reference, CAST(NULL AS date) AS day,
               t.due_at AS moment, t.version, t.updated_at, t.owner_officer, {TEAM} AS owner_team
        {asked.source} AND {asked.in_sight} AND t.state = 'open'
          AND t.due_at >= :begins AND t.due_at < :ends
    """
    return sql, asked.values


def _of_source(
    actor: Actor, force: str, source: Source, kinds: Sequence[str], bound: str
) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {}
    listed, near = [], []
    for number, kind in enumerate(kinds):
        entry = source.entries[kind]
        own = scope(actor, entry.permission, force)
        values |= own.values_as(f"{bound}_{number}")
        near.append(f"x.kind = '{kind}' AND {own.condition('x', f'{bound}_{number}')}")
        day, moment = (entry.when, "NULL") if entry.is_day else ("NULL", entry.when)
        listed.append(f"('{kind}', CAST({day} AS date), CAST({moment} AS timestamptz))")
    head, _, condition = source.rows.rpartition("WHERE")
    sql = f"""
        SELECT x.kind, '{source.path}' AS path, x.id, x.reference, x.day, x.moment, x.version,
               x.updated_at, x.owner_officer, x.owner_team
        FROM (SELECT r.force, r.id, r.reference, r.person_id, r.version, r.updated_at,
                     r.{source.recorded_by} AS recorded_by,
                     r.{source.owner}_officer AS owner_officer,
                     CASE WHEN NOT :sees_protected AND p.are_addresses_protected
                               AND left(r.{source.owner}_team, 5) = 'DUTY-'
                          THEN 'DUTY-' || r.force ELSE r.{source.owner}_team END AS owner_team,
                     CASE WHEN r.lpa IS NULL AND r.neighbourhood IS NULL
                          THEN p.lpa ELSE r.lpa END AS lpa,
                     CASE WHEN r.lpa IS NULL AND r.neighbourhood IS NULL
                          THEN p.neighbourhood ELSE r.neighbourhood END AS neighbourhood,
                     v.kind, v.day, v.moment
              {head} CROSS JOIN LATERAL (VALUES {", ".join(listed)}) v (kind, day, moment)
              WHERE {condition}) x
        WHERE (x.day BETWEEN CAST(:first AS date) AND CAST(:last AS date)
               OR x.moment >= :begins AND x.moment < :ends)
          AND ({" OR ".join(f"({each})" for each in near)})
    """
    return sql, values
