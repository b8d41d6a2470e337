"""A registration and the law: its sentences, its period and its clocks, its log and its manager."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain import logs
from offenders.domain.persons.managing import Managed, end_management, manage
from offenders.domain.registrations import clocks, law
from offenders.domain.registrations.cases import State
from offenders.domain.registrations.clocks import Absence, Notifying, Why
from offenders.domain.registrations.law import Disposal, Length, Runs, Sentence, Term
from offenders.domain.registrations.models import Registration, RegistrationAction
from offenders.domain.registrations.periods import Held, spell_start, whole_period
from offenders.errors import Invalid
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

# What is said of a disposal, and kept of it in the record.
FACTS = (
    "disposal",
    "relevant_date",
    "disposed_on",
    "sentence_months",
    "sentence_days",
    "terms",
    "discharge_months",
)
# Orders `h` that keep their subject under notification while they last, also when they outlast
# the period; those quashed on appeal never did. They are read beside, as their register has them.
HOLDS: Final = """
    h.type IN ('SHPO', 'SOPO') AND h.in_force_on <= CAST(:today AS date)
    AND h.state IN ('granted', 'in_force', 'varied', 'expired', 'discharged')
    AND h.ending IS DISTINCT FROM 'appeal_allowed'
"""
HOLDS_UNTIL: Final = "coalesce(h.ended_on, h.expires_on)"
_HELD = text(f"""
    SELECT h.reference, h.type, {HOLDS_UNTIL} AS ends_on FROM orders h
    WHERE h.force = :force AND h.person_id = :person_id AND {HOLDS}
    ORDER BY ends_on DESC NULLS FIRST, h.id
""")
_HOME = text("SELECT lpa, neighbourhood FROM persons WHERE force = :force AND id = :id")
add_action = partial(logs.add_entry, RegistrationAction)
plain = logs.plain


def sentence_of(said: Mapping[str, Any], born: date | None) -> Sentence:
    """Give what a body or a kept disposal says as the law takes it. Raises Unlawful."""
    terms = tuple(_term(each) for each in said.get("terms") or ())
    months, days = said.get("sentence_months"), said.get("sentence_days")
    if months is not None or days is not None:
        if terms:
            message = "Send either the whole sentence or its terms."
            raise law.Unlawful("terms", message, "s.82(4)")
        terms = (Term(Length(months or 0, days or 0)),)
    return Sentence(
        Disposal(said["disposal"]),
        _day(said["relevant_date"]),
        born,
        terms,
        said.get("discharge_months"),
        _day(said["disposed_on"]) if said.get("disposed_on") else None,
    )


def _term(said: Mapping[str, Any]) -> Term:
    return Term(
        Length(said.get("months") or 0, said.get("days") or 0),
        Runs(said.get("runs") or Runs.CONSECUTIVE),
        Length(said.get("overlap_months") or 0, said.get("overlap_days") or 0),
    )


def _day(said: Any) -> date:
    return said if isinstance(said, date) else date.fromisoformat(said)


def disposal_entry(force: str, said: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Give a disposal as it is kept; `more` is what names its source."""
    kept = {name: said.get(name) for name in FACTS if said.get(name) is not None}
    entry: dict[str, Any] = plain({"id": str(new_id(force)), **kept, **more})
    return entry


def absences_of(record: Any) -> tuple[Absence, ...]:
    """Give when the person was away: inside or abroad, travel that was notified among it."""
    away = [
        Absence(Why(each["reason"]), _day(each["from"]), _until(each.get("until")))
        for each in record.absences
    ]
    abroad = [
        Absence(Why.ABROAD, _day(each["departs_on"]), _day(back))
        for each in record.travel
        if (back := each.get("returned_on") or each.get("returns_on")) is not None
    ]
    return (*away, *abroad)


def _until(said: str | None) -> date | None:
    return None if said is None else _day(said)


def settle_law(record: Any, born: date | None) -> None:
    """Work out period and clocks anew from what the record says. Raises Unlawful."""
    entries, dated = [], []
    for each in record.disposals:
        sentence = sentence_of(each, born)
        period = law.period_of(sentence)
        dated.append((sentence.relevant_date, period))
        entries.append(
            each
            | {
                "ends_on": period.ends_on.isoformat() if period.ends_on else None,
                "is_indefinite": period.is_indefinite,
                "because": period.because,
            }
        )
    if entries != record.disposals:
        record.disposals = entries
    whole = whole_period([period for _, period in dated])
    number = next(n for n, (_, period) in enumerate(dated) if period is whole)
    record.relevant_date, record.disposal = dated[number][0], entries[number]["disposal"]
    record.is_indefinite, record.ends_on = whole.is_indefinite, whole.ends_on
    record.because = whole.because
    record.starts_on = spell_start(dated)
    if record.last_notified_on is not None and record.last_notified_on < record.starts_on:
        # They were of an earlier spell, which had ended.
        record.first_notified_on = record.last_notified_on = None
    was_young = born is not None and law.is_under_18(born, record.relevant_date)
    if record.review_determined_on is None:
        record.next_review_on = clocks.review_from(record.first_notified_on, was_under_18=was_young)
    settle_clocks(record)


def settle_clocks(record: Any) -> None:
    """Set what the law asks for next, and from when visits and assessments are counted."""
    absences = absences_of(record)
    told = Notifying(
        record.starts_on, record.last_notified_on, bool(record.has_no_fixed_abode), absences
    )
    due = clocks.notification_due(told)
    record.notification_stage, record.notification_due_on = due.stage, due.due_on
    record.notification_section = due.section
    record.visit_from_on = clocks.visit_from(record.starts_on, record.last_seen_on, absences)
    record.arms_stage, record.arms_from_on = clocks.arms_from(
        record.starts_on, record.first_notified_on, record.last_arms_on, absences
    )


def held_period(session: Session, record: Registration, today: date) -> law.Period:
    """Give the whole period, orders that keep it up counted."""
    own = law.Period(record.ends_on, record.is_indefinite, record.because)
    values = {"force": record.force, "person_id": record.person_id, "today": today}
    held = [Held(*row) for row in session.execute(_HELD, values)]
    return whole_period([own], held)


def held_orders(session: Session, record: Registration, today: date) -> list[Held]:
    """Give the orders that bind the person today and keep up notification."""
    values = {"force": record.force, "person_id": record.person_id, "today": today}
    held = [Held(*row) for row in session.execute(_HELD, values)]
    return [each for each in held if each.ends_on is None or each.ends_on >= today]


def tell_management(session: Session, record: Registration) -> None:
    """Say who answers for the person, or that nobody does under this registration any longer."""
    if record.state == State.CLOSED:
        end_management(session, [record.id])
        return
    lpa, neighbourhood = record.lpa, record.neighbourhood
    if lpa is None and neighbourhood is None:
        home = session.execute(_HOME, {"force": record.force, "id": record.person_id}).one()
        lpa, neighbourhood = home
    manage(session, [managed(record, lpa, neighbourhood)])


def managed(record: Any, lpa: str | None, neighbourhood: str | None) -> Managed:
    """Give the management of a registration."""
    return Managed(
        id=record.id,
        kind="registration",
        reference=record.reference,
        person_id=record.person_id,
        owner_officer=record.owner_officer,
        owner_team=record.owner_team,
        lpa=lpa,
        neighbourhood=neighbourhood,
        risk=record.risk,
    )


def as_invalid(unlawful: law.Unlawful) -> Invalid:
    """Say what the law doesn't allow, naming the section."""
    section = unlawful.section if " Act " in unlawful.section else f"{law.ACT} {unlawful.section}"
    error = Invalid.field(f"/{unlawful.field}", f"{unlawful.detail} ({section})")
    error.extra["section"] = section
    return error
