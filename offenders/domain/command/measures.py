"""What the supervisor pack counts: every measure as rows of one shape, for counts and lists alike.

Stocks are those of `:as_at`; what was done lies in `:since` … `:before`, as known at `:as_at`.
Investigations are named suspects not yet found, people bailed or released under investigation,
and hits that name nobody yet; a hit with a want is investigated as that want.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from offenders.domain.access import Scope
from offenders.domain.bail.store import Question as BailQuestion
from offenders.domain.forensics.listing import ANY_STAGE, STATE
from offenders.domain.forensics.listing import Question as HitQuestion
from offenders.domain.forensics.rules import OPEN
from offenders.domain.orders.asking import LIVE, OrderSight
from offenders.domain.orders.asking import Question as OrderQuestion

if TYPE_CHECKING:
    from collections.abc import Mapping

_THEN = "{0}.recorded_from <= :as_at AND ({0}.recorded_to IS NULL OR {0}.recorded_to > :as_at)"
_PAST = datetime(2000, 1, 1, tzinfo=UTC)  # sources name the moment `:as_at`; any makes them do so
_EVERYWHERE = Scope("")
_END_OF = "(q.{} + 1)::timestamp AT TIME ZONE 'Europe/London'"
_OLD, _DUE, _LATE = "< :old_before", "BETWEEN :now AND :ahead", "< :now"


def _done(moment: str) -> str:
    return f"{moment} >= :since AND {moment} < :before"


@dataclass(frozen=True)
class Source:
    """A SELECT of the records of one table, and of each measure its (condition, moment) over `q`.

    Its columns are id, reference, person_id, lpa, neighbourhood, officer, team, entry_id where a
    record counts by its entries, and whatever the conditions read.
    """

    table: str
    subject: str
    path: str
    rows: str
    measures: Mapping[str, tuple[str, str]]
    entry: str = "CAST(NULL AS uuid)"

    def sql(self, only: str | None = None) -> str:
        """Give rows (measure, type, path, id, reference, entry_id, …) of all measures or one."""
        taken = {k: v for k, v in self.measures.items() if only in {None, k}}
        values = ", ".join(f"('{k}', ({holds}), {at})" for k, (holds, at) in taken.items())
        return f"""
            SELECT m.measure, '{self.subject}' AS type, '{self.path}' AS path, q.id, q.reference,
                   {self.entry} AS entry_id, q.person_id, q.lpa, q.neighbourhood, q.officer,
                   q.team, m.at
            FROM ({self.rows} OFFSET 0) q  -- or what is worked out would be so for each measure
            CROSS JOIN LATERAL (VALUES {values}) m (measure, holds, at)
            WHERE m.holds"""


_OWNED = (
    "{0}.id, {0}.reference, {0}.person_id, {0}.owner_officer AS officer, {0}.owner_team AS team"
)
_PLACE = "{0}.lpa, {0}.neighbourhood"
_NAMED = "q.reason = 'named_suspect'"
_WANTS: Final = Source(
    "wants",
    "want",
    "wanted",
    f"""SELECT {_OWNED.format("w")}, {_PLACE.format("w")}, w.reason, w.entered_at,
               w.target_arrest_by, w.activity_due_at, w.validation_due_at, w.review_due_at
        FROM wants_history w
        WHERE w.force = :force AND {_THEN.format("w")} AND w.state = 'outstanding'""",
    {
        "outstanding_suspects": (_NAMED, "q.entered_at"),
        "outstanding_wants": ("true", "q.entered_at"),
        "old_investigations": (f"{_NAMED} AND q.entered_at {_OLD}", "q.entered_at"),
        "arrests_overdue": (f"q.target_arrest_by {_LATE}", "q.target_arrest_by"),
        "activity_overdue": (f"q.activity_due_at {_LATE}", "q.activity_due_at"),
        "validations_overdue": (f"q.validation_due_at {_LATE}", "q.validation_due_at"),
        "reviews_due": (f"q.review_due_at {_DUE}", "q.review_due_at"),
        "reviews_overdue": (f"q.review_due_at {_LATE}", "q.review_due_at"),
    },
)
_ENDED: Final = Source(
    "wants",
    "want",
    "wanted",
    f"""SELECT {_OWNED.format("w")}, {_PLACE.format("w")}, w.state, w.outcome_at
        FROM wants_history w
        WHERE w.force = :force AND {_THEN.format("w")} AND w.state <> 'outstanding'
          AND {_done("w.outcome_at")}""",
    {
        "wanted_arrested": ("q.state = 'arrested'", "q.outcome_at"),
        "wanted_ended_otherwise": (
            "q.state NOT IN ('arrested', 'entered_in_error')",
            "q.outcome_at",
        ),
    },
)
_UNDEALT = ", ".join(f"'{each}'" for each in OPEN)
_HITS: Final = Source(
    "forensic_hits",
    "forensic_hit",
    "forensic-hits",
    f"""SELECT {_OWNED.format("h")}, {_PLACE.format("h")}, h.want_id, h.received_at,
               ({STATE}) IN ({_UNDEALT}) AS is_open, {ANY_STAGE} AS is_overdue,
               h.state = 'eliminated' AS is_eliminated,
               coalesce(h.eliminated_at, h.outcome_at) AS dealt_at
        {HitQuestion({}, _EVERYWHERE, _PAST, _PAST).source} AND h.force = :force""",
    {
        "hits_open": ("q.is_open", "q.received_at"),
        "hits_overdue": ("q.is_overdue", "q.received_at"),
        "old_investigations": (
            f"q.want_id IS NULL AND q.is_open AND q.received_at {_OLD}",
            "q.received_at",
        ),
        "hits_actioned": (_done("q.dealt_at"), "q.dealt_at"),
        "hits_eliminated": (f"q.is_eliminated AND {_done('q.dealt_at')}", "q.dealt_at"),
    },
)
_BAIL: Final = Source(
    "bail_records",
    "bail_record",
    "bail-records",
    f"""SELECT {_OWNED.format("b")}, {_PLACE.format("s")}, s.state, b.arrested_at,
               CASE WHEN s.state = 'released_without_bail' THEN d.due_at END AS review_due_at
        {BailQuestion({}, _EVERYWHERE, _PAST, sees_protected=True, as_at=_PAST).source}
          AND b.force = :force AND b.state IN ('on_bail', 'released_without_bail')""",
    {
        "old_investigations": (
            f"q.state IN ('on_bail', 'released_without_bail') AND q.arrested_at {_OLD}",
            "q.arrested_at",
        ),
        "reviews_due": (f"q.review_due_at {_DUE}", "q.review_due_at"),
        "reviews_overdue": (f"q.review_due_at {_LATE}", "q.review_due_at"),
    },
)
_ORDERS_THEN = OrderQuestion(
    {},
    _EVERYWHERE,
    _PAST,
    OrderSight(protected_addresses=True, whole=True, protected_people=True),
    _PAST,
)
_REVIEW, _CHECK = _END_OF.format("review_due_on"), _END_OF.format("check_due_on")
_ORDERS: Final = Source(
    "orders",
    "order",
    "orders",
    f"""SELECT {_OWNED.format("o")}, {_PLACE.format("s")}, o.review_due_on, o.check_due_on
        {_ORDERS_THEN.source()} AND o.force = :force AND {LIVE}""",
    {
        "reviews_due": (f"{_REVIEW} {_DUE}", _REVIEW),
        "reviews_overdue": (f"{_REVIEW} {_LATE}", _REVIEW),
        "order_checks_overdue": (f"{_CHECK} {_LATE}", _CHECK),
    },
)
_BREACHES: Final = Source(
    "orders",
    "order",
    "orders",
    f"""SELECT {_OWNED.format("o")}, {_PLACE.format("s")}, b.id AS breach_id, b.occurred_at
        {
        _ORDERS_THEN.source(
            "JOIN order_breaches_history b ON b.force = o.force AND b.order_id = o.id"
            f" AND {_THEN.format('b')}"
        )
    } AND o.force = :force AND o.state <> 'entered_in_error' AND b.action IS NULL""",
    {"breaches_unactioned": ("true", "q.occurred_at")},
    entry="q.breach_id",
)
_ORDER_CHECKS: Final = Source(
    "orders",
    "order",
    "orders",
    f"""SELECT {_OWNED.format("o")}, {_PLACE.format("s")}, a.id AS action_id, a.occurred_at,
               a.details ->> 'result' = 'not_seen' AS is_unseen
        {
        _ORDERS_THEN.source(
            "JOIN order_actions a ON a.force = o.force AND a.order_id = o.id AND a.kind = 'check'"
            f" AND a.recorded_at <= :as_at AND {_done('a.occurred_at')}"
        )
    } AND o.force = :force AND o.state <> 'entered_in_error'""",
    {
        "order_checks_done": ("NOT q.is_unseen", "q.occurred_at"),
        "order_checks_not_seen": ("q.is_unseen", "q.occurred_at"),
    },
    entry="q.action_id",
)
# A check of foreign convictions is the duty queue's of its LPA, as its flags are.
_ACRO: Final = Source(
    "acro_checks",
    "acro_check",
    "acro-checks",
    f"""SELECT c.id, c.reference, c.person_id, c.lpa, CAST(NULL AS text) AS neighbourhood,
               CAST(NULL AS text) AS officer, 'DUTY-' || coalesce(c.lpa, c.force) AS team,
               c.responded_at, CASE c.state WHEN 'required' THEN c.request_due_at
                                            WHEN 'requested' THEN c.reply_due_at END AS due_at
        FROM acro_checks_history c WHERE c.force = :force AND {_THEN.format("c")}""",
    {
        "acro_checks_done": (_done("q.responded_at"), "q.responded_at"),
        "acro_checks_overdue": (f"q.due_at {_LATE}", "q.due_at"),
    },
)
_ARRESTS: Final = Source(
    "detentions",
    "detention",
    "detentions",
    f"""SELECT d.id, d.reference, d.person_id, d.lpa, CAST(NULL AS text) AS neighbourhood,
               d.arresting_officer AS officer,
               CASE WHEN d.arresting_officer IS NULL
                    THEN 'DUTY-' || coalesce(d.lpa, d.force) END AS team,
               d.arrested_at, d.pnc_checked
        FROM detentions_history d
        WHERE d.force = :force AND {_THEN.format("d")} AND {_done("d.arrested_at")}""",
    {
        "arrests": ("true", "q.arrested_at"),
        "arrests_pnc_checked": ("q.pnc_checked", "q.arrested_at"),
    },
)
# Flags stand for what specialists owe, too: those of IOM, MAPPA and registrations by their rules.
_FLAGS: Final = Source(
    "flags",
    "flag",
    "flags",
    f"""SELECT f.id, f.subject_reference AS reference, f.person_id, {_PLACE.format("f")},
               f.owner_officer AS officer, f.owner_team AS team, f.raised_at, f.severity
        FROM flags_history f
        WHERE f.force = :force AND {_THEN.format("f")} AND f.state <> 'cleared'
          AND f.subject_type <> ALL (CAST(:unseen AS text[]))
          AND (f.subject_type <> 'task' OR NOT EXISTS (
              SELECT FROM tasks k WHERE k.force = f.force AND k.id = f.subject_id
                AND (k.subject_type = ANY (CAST(:unseen_of_tasks AS text[]))
                     OR k.source_type = ANY (CAST(:unseen_sources AS text[])))))""",
    {
        "flags_open": ("true", "q.raised_at"),
        "alerts_open": ("q.severity = 'alert'", "q.raised_at"),
    },
)
_TASKS: Final = Source(
    "tasks",
    "task",
    "tasks",
    f"""SELECT {_OWNED.format("t")}, {_PLACE.format("t")}, t.state, t.due_at, t.ended_at,
               t.not_done > 0 AS was_not_done
        FROM tasks_history t
        WHERE t.force = :force AND {_THEN.format("t")}
          AND coalesce(t.subject_type <> ALL (CAST(:unseen_of_tasks AS text[])), true)
          AND t.source_type <> ALL (CAST(:unseen_sources AS text[]))
          AND (t.state = 'open' OR {_done("t.ended_at")})""",
    {
        "tasks_open": ("q.state = 'open'", "q.due_at"),
        "tasks_overdue": (f"q.state = 'open' AND q.due_at {_LATE}", "q.due_at"),
        "tasks_done": ("q.state = 'done'", "q.ended_at"),
        "tasks_done_late": ("q.state = 'done' AND q.ended_at > q.due_at", "q.ended_at"),
    },
)
# One place for all: a further capability's measures are one source more.
SOURCES: Final = (
    _WANTS,
    _ENDED,
    _HITS,
    _BAIL,
    _ORDERS,
    _BREACHES,
    _ORDER_CHECKS,
    _ACRO,
    _ARRESTS,
    _FLAGS,
    _TASKS,
)
MEASURES: Final = tuple(dict.fromkeys(name for each in SOURCES for name in each.measures))
