"""What was done about the wants: attempts, enquiries, reviews, circulation and validation."""

from __future__ import annotations

from datetime import datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from offenders.seed.rows import in_utc, repeatable
from offenders.seed.serials import Serials
from offenders.seed.weighted import Weighted, counted, one_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from random import Random

    from offenders.seed.rows import Row

OTHER_ACTIVE_SHARE = 0.4
MOST_ENTRIES = 6
FIRST_VALIDATION = 75  # days, the product default for the first validation
VALIDATED_SHARE = 0.5
CIRCULATED_SHARES = {
    "named_suspect": 0.4,
    "failed_to_answer_bail": 0.7,
    "court_warrant": 0.75,
    "breach_of_order": 0.5,
    "breach_of_bail": 0.7,
    "prison_recall": 0.95,
    "unlawfully_at_large": 1.0,
}
ACTIVITIES = Weighted(counted("attempt 52, enquiry 30, review 18"))
ATTEMPT_RESULTS = Weighted(
    counted("no_reply 46, not_at_address 26, moved_away 16, made_off 5, access_refused 7")
)
ATTEMPT_PLACES = Weighted(
    counted("Home address 55, Partner's address 15, Parent's address 18, Place of work 12")
)
ENQUIRIES = (
    "Checked custody, prison and hospital records; not there.",
    "Spoke to the landlord; the tenancy ended and no forwarding address was left.",
    "Benefit and council tax enquiry sent.",
    "Intelligence search: seen in the last month with a known associate.",
    "Rang the last known number; it is not in use.",
)
REVIEWS = (
    "Risk and owner confirmed; two attempts to be made this week at different times of day.",
    "Enquiries are proportionate; check the partner's address next.",
    "No progress since the last review; put to the daily meeting.",
)
VALIDATION = "Person, offence and power checked against the crime file; still wanted."
ENTRY_TEXTS = {"enquiry": ENQUIRIES, "review": REVIEWS}


def made_up_activity(
    force: str, seed: int, now: datetime, wants: Iterable[Row]
) -> Iterator[dict[str, Any]]:
    """Give what was done about some 60 in 100 of the wants, each want's entries in time order.

    Every entry has `want_source_ref`, `kind`, `occurred_at` and `officer`; an attempt also has
    `place` and `result`, a circulation `state` and `pnc_reference`, every other kind `text`.
    """
    rnd, serials = repeatable("activity", force, seed), Serials()
    for want in wants:
        start = datetime.fromisoformat(want["entered_at"])
        end = datetime.fromisoformat(want["outcome_at"]) if "outcome_at" in want else in_utc(now)
        entries = _entries(rnd, want, (end - start).total_seconds() / 86400)
        officer = want.get("owner_officer") or str(rnd.randrange(1000, 9999))
        for days, entry in sorted(entries, key=itemgetter(0)):
            occurred_at = start + timedelta(seconds=int(days * 86400))
            if entry["kind"] == "circulation":
                entry["pnc_reference"] = f"{force}W{serials.take('circulation', 999_983):06}"
            yield {
                "want_source_ref": want["source_ref"],
                "occurred_at": occurred_at.isoformat(),
                "officer": officer,
                **entry,
            }


def _entries(rnd: Random, want: Row, days: float) -> list[tuple[float, dict[str, str]]]:
    """List (days after entry, entry) for one want that was open for so many days."""
    is_open = "outcome_at" not in want
    is_circulated = is_open and rnd.random() < CIRCULATED_SHARES[want["reason"]]
    if not is_circulated and rnd.random() >= OTHER_ACTIVE_SHARE:
        return []
    count = 1 + int(rnd.random() * min(MOST_ENTRIES, 1 + days / 7))
    entries = [(days * rnd.random(), _entry(rnd)) for _ in range(count)]
    if is_circulated:
        soon = min(days, rnd.lognormvariate(0, 1)) * rnd.random()
        entries.append((soon, {"kind": "circulation", "state": "circulated"}))
    if days > FIRST_VALIDATION and rnd.random() < VALIDATED_SHARE:
        at = FIRST_VALIDATION * (0.8 + 0.2 * rnd.random())
        entries.append((at, {"kind": "validation", "text": VALIDATION}))
    return entries


def _entry(rnd: Random) -> dict[str, str]:
    kind = ACTIVITIES.draw(rnd)
    if kind == "attempt":
        place, result = ATTEMPT_PLACES.draw(rnd), ATTEMPT_RESULTS.draw(rnd)
        return {"kind": kind, "place": place, "result": result}
    return {"kind": kind, "text": one_of(rnd, ENTRY_TEXTS[kind])}
