"""MAPPA cases at the size that Leicestershire published, and what was done about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from offenders.seed.managed import ManagedPerson, adult_since, managed_people
from offenders.seed.rows import in_utc, repeatable
from offenders.seed.traits import YEAR
from offenders.seed.weighted import Weighted, counted, one_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from offenders.seed.rows import Row, Scale
    from offenders.seed.wants import PersonKey

CATEGORY_4_FROM: Final = date(2022, 6, 28)
_LONGEST_YEARS: Final = 12
# Most are at level 1; how many are not, and how many are in custody, is made up.
_LEVEL: Final = Weighted([(1, 96), (2, 3.2), (3, 0.8)])
_RISK: Final = Weighted(counted("very_high 2, high 20, medium 48, low 30"))
_HIGH: Final = Weighted(counted("very_high 15, high 85"))
_LEAD: Final = {"category_1": "police", "category_2": "probation", "category_3": "probation"}
_CUSTODY_SHARE: Final = {"category_1": 0.22, "category_2": 0.5, "category_4": 0.5}
_DISPOSAL: Final = Weighted(counted("imprisonment 88, suspended_sentence 6, hospital_order 6"))
_NEEDS: Final = ("senior_representation", "significant_resources", "high_public_interest")
_GROUNDS: Final = (
    "Repeated threats of serious violence with access to weapons",
    "Arson with intent in an occupied building; escalating since",
    "Violence against four successive partners",
    "Stalking with escalating severity against several people",
)
_LOOK_FOR: Final = ("Being near schools or playgrounds", "A new partner with children", "Drinking")
_TRIGGERS: Final = ("Drink", "Loss of accommodation", "Contact refused", "Anniversaries")
_DECISIONS: Final = ("Remain at this level", "Apply for a further condition", "Disclose to housing")
_LATE_SHARE, _NO_SUMMARY_SHARE, _UNSIGNED_SHARE = 0.06, 0.2, 0.15
_BETWEEN: Final = {1: 365, 2: 112, 3: 56}  # days from meeting to meeting


@dataclass(frozen=True)
class MadeUpMappa:
    """Rows of `mappa` to import, and what was done about those with formal meetings."""

    cases: list[Row]
    deeds: list[dict[str, Any]]


def made_up_mappa(
    force: str, scale: Scale, seed: int, now: datetime, people: Sequence[PersonKey]
) -> MadeUpMappa:
    """Give the cases of those whom the force manages, and their meetings, plans and summaries."""
    maker = _MappaMaker(repeatable("mappa", force, seed), in_utc(now))
    managed = managed_people(force, scale, seed, now, people)
    cases = [maker.case(number, each) for number, each in enumerate(managed, 1)]
    deeds = [maker.deeds(row) for row in cases if row["level"] > 1]
    return MadeUpMappa(cases, deeds)


class _MappaMaker:
    """Makes one force's cases; each draws a level, a risk and where the person is."""

    def __init__(self, rnd: Random, now: datetime) -> None:
        self._rnd, self._now = rnd, now

    def case(self, number: int, managed: ManagedPerson) -> Row:
        """Make a case that fits its category."""
        arrangement, rnd = managed.arrangement, self._rnd
        level = max(_LEVEL.draw(rnd), 2 if arrangement == "category_3" else 1)
        custody = rnd.random() < _CUSTODY_SHARE.get(arrangement, 0.1)
        started = self._started(managed)
        row: Row = {
            "source_ref": f"MP{number:06}",
            "person_source_ref": managed.person.source_ref,
            "level": level,
            "state": "custody" if custody else "community",
            "lead_agency": _LEAD.get(arrangement, "police"),
            "manager": managed.manager,
            "started_on": started.isoformat(),
            "risk": (_HIGH if level > 1 else _RISK).draw(rnd),
            **self._category(arrangement),
        }
        if level == 3:  # noqa: PLR2004 - the level
            row["criteria"] = [one_of(rnd, _NEEDS)]
        if last := self._last_met(level, started):
            row["last_meeting_at"] = last.isoformat()
        return row

    def _started(self, managed: ManagedPerson) -> date:
        today = self._now.date()
        first = max(
            adult_since(managed.person.born, self._now),
            today - timedelta(days=_LONGEST_YEARS * YEAR),
        )
        if managed.arrangement == "category_4":
            first = max(first, CATEGORY_4_FROM)
        return first + timedelta(days=int(self._rnd.random() * ((today - first).days - 1)))

    def _category(self, arrangement: str) -> Row:
        if not arrangement.startswith("category_"):
            given = {"kind": arrangement, "grounds": one_of(self._rnd, _GROUNDS)}
            return given | {"authorised_by": "7001"}
        category = int(arrangement[-1])
        if category == 2:  # noqa: PLR2004 - the category
            disposal = _DISPOSAL.draw(self._rnd)
            if disposal == "hospital_order":
                return {"category": 2, "disposal": disposal}
            months = 12 + int(self._rnd.random() ** 2 * 180)
            return {"category": 2, "disposal": disposal, "sentence_months": months}
        if category == 3:  # noqa: PLR2004 - the category
            return {"category": 3, "grounds": one_of(self._rnd, _GROUNDS)}
        return {"category": category}

    def _last_met(self, level: int, started: date) -> datetime | None:
        """Give the last meeting or review; a few are overdue."""
        between = _BETWEEN[level]
        share = self._rnd.random() * 0.95
        if self._rnd.random() < _LATE_SHARE:
            share += 1
        met = self._now - timedelta(days=between * share, hours=2)
        return met if level == 1 and met.date() > started else None

    def deeds(self, row: Row) -> dict[str, Any]:
        """Give meetings, plan and summary of a case at level 2 or 3, in the order of time."""
        rnd, level = self._rnd, row["level"]
        started = datetime.fromisoformat(f"{row['started_on']}T12:00:00+00:00")
        met = self._now - timedelta(days=_BETWEEN[level] * rnd.random() * 1.05, hours=3)
        meetings: list[dict[str, Any]] = []
        while met > started and len(meetings) < 2:  # noqa: PLR2004 - the last two
            meetings.append(self._meeting(row, met, is_last=not meetings))
            met -= timedelta(days=_BETWEEN[level] * (0.8 + 0.3 * rnd.random()))
        deed: dict[str, Any] = {"source_ref": row["source_ref"], "meetings": meetings[::-1]}
        deed["plan"] = {"risks": [one_of(rnd, _GROUNDS)], "risk_to": ["public"]}
        deed["is_signed_off"] = rnd.random() >= _UNSIGNED_SHARE
        if row["state"] == "community" and rnd.random() >= _NO_SUMMARY_SHARE:
            deed["summary"] = {
                "risk_to": ["public"],
                "triggers": [one_of(rnd, _TRIGGERS)],
                "what_to_look_for": [one_of(rnd, _LOOK_FOR)],
                "what_to_do_if_met": f"Note where and with whom; tell {row['manager']} that day.",
                "contact": row["manager"],
            }
        return deed

    def _meeting(self, row: Row, held_at: datetime, *, is_last: bool) -> dict[str, Any]:
        rnd = self._rnd
        attendance = [
            {"agency": "police", "attended": True, "name": row["manager"]},
            {"agency": "probation", "attended": rnd.random() < 0.95},  # noqa: PLR2004 - a share
            {"agency": "housing", "attended": rnd.random() < 0.6},  # noqa: PLR2004 - a share
            {"agency": "health", "attended": rnd.random() < 0.5},  # noqa: PLR2004 - a share
        ]
        due = self._now + timedelta(days=int(rnd.random() * 40) - 5)
        action = {"action": one_of(rnd, _DECISIONS), "owner_officer": row["manager"], "due_at": due}
        return {
            "held_at": held_at,
            "attendance": attendance,
            "decisions": [_DECISIONS[0]],
            "actions": [action] if is_last else [],
            "minutes": None if is_last and rnd.random() < _LATE_SHARE else "Minutes as agreed.",
        }
