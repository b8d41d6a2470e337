"""What the daily meetings of the last four weeks asked somebody to do about wants."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from offenders.seed.rows import in_utc, repeatable
from offenders.seed.weighted import Weighted, counted, one_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from random import Random

    from offenders.seed.rows import Row

MOST, SHARE = 400, 0.3  # tasks of a force; how many of its outstanding wants have one
WEEKS = timedelta(weeks=4)
TEAM_SHARE = 0.3
TEAMS = ("RESPONSE-A", "RESPONSE-B", "RESPONSE-C", "NPA-CENTRAL", "NPA-EAST", "WARRANTS")
ENDS = Weighted(counted("done 58, no_longer_needed 6, open 24, not_done 12"))
REASONS = Weighted(
    counted("abstraction 35, no_time 30, not_found 15, no_access 10, no_information 10")
)
# Each with its tactic and what is expected of it.
ACTIONS = (
    ("Knock at the home address before seven", "early_knock", "Arrested, or known to be away"),
    ("Visit the partner and ask where they sleep", "family_visit", "An address, or none there"),
    ("Ask the landlord who lives there now", "enquiry", "Whether the tenancy goes on"),
    ("Check the shops where the card was used", "enquiry", "Footage, or that there is none"),
    ("Put the vehicle on the ANPR list for a week", "anpr", "A place and time to wait at"),
    ("Wait at the probation office on report day", "appointment", "Arrested on arrival"),
    ("Patrol the park where he was seen after dark", "patrol", "Stopped, or not seen in a week"),
)
DONE = (
    "Arrested and taken to custody.",
    "Not there; a neighbour says they moved out a fortnight ago.",
    "Spoke to the mother, who will ask them to hand themselves in.",
    "No answer on three visits; curtains moved once.",
)
RETURNED = "Not reached on this shift."
NO_LONGER_NEEDED = "Arrested elsewhere in the meantime."


def made_up_tasks(
    force: str, seed: int, now: datetime, wants: Iterable[Row]
) -> Iterator[dict[str, Any]]:
    """Give tasks about outstanding wants: most done, some overdue, some returned undone.

    Each has `want_source_ref`, `action`, `tactic`, `expected_result`, `made_at`, `due_at`, its
    owner, `outcome`, and what came of it.
    """
    rnd, given = repeatable("tasks", force, seed), 0
    for want in wants:
        if "outcome_at" in want or rnd.random() >= SHARE:
            continue
        given += 1
        if given > MOST:
            return
        made_at = in_utc(now) - timedelta(seconds=int(WEEKS.total_seconds() * rnd.random()))
        yield _task(rnd, want, made_at, in_utc(now))


def _task(rnd: Random, want: Row, made_at: datetime, now: datetime) -> dict[str, Any]:
    action, tactic, expected = ACTIONS[int(rnd.random() * len(ACTIONS))]
    due_at = made_at + timedelta(hours=8 + int(rnd.random() * 120))
    officer = want.get("owner_officer") if rnd.random() >= TEAM_SHARE else None
    task: dict[str, Any] = {
        "want_source_ref": want["source_ref"],
        "action": action,
        "tactic": tactic,
        "expected_result": expected,
        "made_at": made_at.isoformat(),
        "due_at": due_at.isoformat(),
        "owner_officer": officer,
        "owner_team": None if officer else one_of(rnd, TEAMS),
        "outcome": ENDS.draw(rnd),
    }
    return task | _result(rnd, task["outcome"], min(now, due_at - timedelta(hours=2)))


def _result(rnd: Random, outcome: str, at: datetime) -> dict[str, Any]:
    if outcome == "open":
        return {}
    told: dict[str, Any] = {"told_at": at.isoformat()}
    if outcome == "not_done":
        return told | {"reason": REASONS.draw(rnd), "result": RETURNED}
    if outcome == "no_longer_needed":
        return told | {"result": NO_LONGER_NEEDED}
    result = one_of(rnd, DONE)
    return told | {
        "result": result,
        "hours": round(0.5 + rnd.random() * 3, 1),
        "arrests": int(result == DONE[0]),
        "searches": int(rnd.random() * 3),
        "intelligence": int(rnd.random() * 2),
    }
