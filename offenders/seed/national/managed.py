"""Whom one force of the nation manages: rows as of any force, received as imports of them are."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.imports.batches import Batch
from offenders.domain.imports.kinds import kind_of
from offenders.domain.imports.store import load_facts
from offenders.domain.orders import service as orders
from offenders.domain.working_days import start_of_london_day
from offenders.ids import new_id
from offenders.seed.iom import made_up_members
from offenders.seed.managed import managed_people
from offenders.seed.mappa import made_up_mappa
from offenders.seed.national.plan import MADE_BY
from offenders.seed.orders import made_up_orders
from offenders.seed.registrations import PEOPLE, REGISTERED, made_up_registrations
from offenders.seed.rows import Scale
from offenders.seed.wants import PersonKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.orm import Session

    from offenders.domain.imports.checks import Checked, Facts
    from offenders.domain.imports.kinds import Kind
    from offenders.seed.national.plan import Plan
    from offenders.seed.rows import Row

# The nation's people are fewer than 43 forces of Leicestershire's size would keep, but it manages
# 47 times what Leicestershire does: 54,000 registered, 60,000 cases, 18,000 members.
MORE: Final = 47 * 40_000 / 1_010_000
AMONG: Final = 0.3  # of all people, so that the others need not be read
YEARS_OF_ORDERS, DAYS_OF_YEAR = 2, 365
BATCH_ROWS: Final = 2_000
CHECKED_SHARE, CHECKED_DAYS = 0.9, 88
REVIEWED_SHARE, REVIEWED_DAYS = 0.93, 290
TABLES: Final = {
    "registrations": ("registrations", "registrations_history", "registration_actions"),
    "mappa": ("mappa_cases", "mappa_cases_history", "mappa_levels", "mappa_entries"),
    "iom": ("iom_members", "iom_members_history", "iom_decisions", "iom_log"),
    "orders": (
        "orders",
        "orders_history",
        "order_breaches",
        "order_breaches_history",
        "order_actions",
        "managements",
        "import_sources",
    ),
}
_ARRESTS = text("""
    SELECT CAST(person_id AS text) AS person_source_ref,
           CAST(CAST(arrested_at AS date) AS text) AS arrested_at
    FROM detentions WHERE force = :force AND person_id = ANY (CAST(:people AS uuid[]))
    ORDER BY reference
""")

# As by hand: most orders that bind were checked, and those of before the year were reviewed; the
# clocks of these are then set, and their history kept, as on any day.
_LOOKED_AFTER = """
    WITH made AS (
        SELECT o.id, o.made_on, o.type, hashtextextended(o.person_id || o.type || o.made_on, 0) AS i
        FROM orders o
        WHERE o.force = :force AND o.state IN ('granted', 'in_force', 'varied')),
    seen AS (
        SELECT m.id,
               CASE WHEN {checked} < {checked_share} THEN greatest(m.made_on, CAST(:today AS date)
                   - CASE WHEN m.type = 'DVPO' THEN 1 ELSE {checked_ago} END) END AS checked_on,
               CASE WHEN {reviewed} < {reviewed_share} AND m.made_on < CAST(:today AS date) - 300
                   THEN CAST(:today AS date) - {reviewed_ago} END AS reviewed_on
        FROM made m),
    done AS (
        UPDATE orders o SET last_checked_on = s.checked_on, last_reviewed_on = s.reviewed_on,
                            check_due_on = NULL, review_due_on = NULL, updated_at = :at
        FROM seen s
        WHERE o.force = :force AND o.id = s.id
          AND num_nonnulls(s.checked_on, s.reviewed_on) > 0
        RETURNING o.force, o.id, s.checked_on, s.reviewed_on, o.person_id)
    INSERT INTO order_actions (force, id, order_id, kind, occurred_at, recorded_at, actor, details)
    SELECT d.force, {id}, d.id, e.kind, least(e.day::timestamp AT TIME ZONE 'Europe/London', :at),
           :at, :by, e.details
    FROM done d CROSS JOIN LATERAL (VALUES
        ('check', 1, d.checked_on, jsonb_build_object(
            'checked_on', d.checked_on, 'result', 'compliant', 'text', NULL)),
        ('review', 2, d.reviewed_on, jsonb_build_object(
            'reviewed_on', d.reviewed_on, 'decision', 'continue', 'text', NULL, 'with', NULL))
    ) e (kind, number, day, details)
    WHERE e.day IS NOT NULL
"""


def receive_managed(session: Session, plan: Plan, seed: int) -> Iterator[tuple[str, int]]:
    """Receive the rows of each kind; give its name and how many records were made."""
    facts = load_facts(session, plan.force, clock.now(), clock.today())
    for name, rows in _kinds(plan, seed, _people(session, plan), session):
        yield name, _receive(session, kind_of(name), facts, rows)
    _look_after_orders(session, plan)


def _people(session: Session, plan: Plan) -> list[PersonKey]:
    among = plan.draws.chance("hashtextextended(p.reference, 0)", "managed")
    statement = text(f"""
        SELECT p.id, p.date_of_birth FROM persons p
        WHERE p.force = :force AND p.date_of_birth IS NOT NULL AND {among} < :among
        ORDER BY p.reference
    """)
    found = session.execute(statement, {"force": plan.force, "among": AMONG})
    return [PersonKey(str(row.id), row.date_of_birth) for row in found]


def _kinds(
    plan: Plan, seed: int, people: Sequence[PersonKey], session: Session
) -> Iterator[tuple[str, Iterable[Row]]]:
    """Give the rows of each kind; those of MAPPA's category 1 are registered."""
    force, now = plan.force, plan.now
    scale = Scale(people=round(plan.scale.people * MORE), wants=0)
    managed = managed_people(force, scale, seed, now, people)
    first = [each.person for each in managed if each.is_registered]
    met = {each.person.source_ref for each in managed}
    others = (each for each in people if each.source_ref not in met)
    more = max(0, round(REGISTERED * scale.people / PEOPLE) - len(first))
    registered = [*first, *islice(others, more)]
    yield "registrations", made_up_registrations(force, scale, seed, plan.today, registered)
    yield "mappa", _met(made_up_mappa(force, scale, seed, now, people))
    refs = [each.source_ref for each in people]
    found = session.execute(_ARRESTS, {"force": force, "people": refs}).mappings()
    arrests = [dict(row) for row in found]
    yield "iom", made_up_members(force, scale, seed, now, people, arrests=arrests)
    yield "orders", _orders(plan, seed, people, scale.people / PEOPLE)


def _met(made: Any) -> Iterator[Row]:
    """Give cases, those with formal meetings as having held the last of theirs."""
    last = {
        deed["source_ref"]: deed["meetings"][-1]["held_at"].isoformat()
        for deed in made.deeds
        if deed["meetings"]
    }
    for row in made.cases:
        held = last.get(row["source_ref"])
        yield row | {"last_meeting_at": held} if held else row


def _orders(plan: Plan, seed: int, people: Sequence[PersonKey], share: float) -> Iterator[Row]:
    """Give the orders of the last years, made by the town's own courts."""
    for number in range(YEARS_OF_ORDERS):
        then = start_of_london_day(plan.today - timedelta(days=DAYS_OF_YEAR * number))
        rows = made_up_orders(plan.force, seed * YEARS_OF_ORDERS + number, then, people, share)
        for row in rows:
            row["source_ref"] = f"{row['source_ref']}/{number}"
            if "court" in row:
                row["court"] = row["court"].replace("Leicester", plan.town)
            yield row


def _look_after_orders(session: Session, plan: Plan) -> None:
    """Check and review most orders."""
    draws = plan.draws
    at = recorded_at(session)
    key = "hashtextextended(CAST(d.id AS text), e.number)"
    statement = _LOOKED_AFTER.format(
        checked=draws.chance("m.i", "order checked"),
        checked_share=CHECKED_SHARE,
        checked_ago=draws.whole("m.i", "order checked ago", CHECKED_DAYS),
        reviewed=draws.chance("m.i", "order reviewed"),
        reviewed_share=REVIEWED_SHARE,
        reviewed_ago=draws.whole("m.i", "order reviewed ago", REVIEWED_DAYS),
        id=draws.uuid(plan.force, str(int(at.timestamp() * 1000)), key, "order action"),
    )
    values = {"force": plan.force, "today": clock.today(), "at": at, "by": MADE_BY}
    session.execute(text(statement), values)
    orders.follow_the_day(session)


def _receive(session: Session, kind: Kind, facts: Facts, rows: Iterable[Row]) -> int:
    """Receive rows in batches; give how many records were made."""
    batch = Batch(facts.force, kind.name, new_id(facts.force), MADE_BY, facts)
    checked = (_checked(kind, line, row, facts) for line, row in enumerate(rows, start=1))
    made = 0
    while some := list(islice(checked, BATCH_ROWS)):
        received, _ = kind.receive(session, batch, [each for each in some if each is not None])
        made += received.created
    return made


def _checked(kind: Kind, line: int, row: Row, facts: Facts) -> Checked | None:
    row["person_id"] = row.pop("person_source_ref")
    found = kind.check(line, row, facts)
    return None if isinstance(found, list) else found
