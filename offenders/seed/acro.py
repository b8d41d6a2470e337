"""Foreign-conviction checks of a year of arrests: requested, answered, assessed, or forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from offenders.seed.rows import in_utc, repeatable
from offenders.seed.weighted import Weighted, counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from offenders.seed.rows import Row

# HMIC 2014: Thames Valley was able to check 80 per cent of the foreign nationals it arrested.
REQUESTED_SHARE = 0.8
ASSESSED_SHARE = 0.9
NEVER_ANSWERED_SHARE = 0.04
LONGEST_HOURS_TO_REQUEST, LONGEST_DAYS_TO_REPLY = 30, 45
HOME = "GBR"
RESPONSES = Weighted(counted("no_trace 66, trace 22, partial 3, refused 2, not_available 7"))
TO_ASSESS = {"trace", "partial"}


def made_up_checks(
    force: str,
    seed: int,
    now: datetime,
    arrests: Iterable[Row],
    nationalities: Mapping[str, Sequence[str]],
) -> Iterator[Row]:
    """Give the rows of `acro-checks`: `nationalities` are those of people by source_ref."""
    rnd, now = repeatable("acro", force, seed), in_utc(now)
    for arrest in arrests:
        countries = [c for c in nationalities[arrest["person_source_ref"]] if c != HOME]
        for country in dict.fromkeys(countries):
            if rnd.random() >= REQUESTED_SHARE:
                continue
            arrested_at = datetime.fromisoformat(arrest["arrested_at"])
            minutes = int(rnd.random() ** 2 * LONGEST_HOURS_TO_REQUEST * 60)
            requested_at = arrested_at + timedelta(minutes=minutes)
            if requested_at >= now:
                continue
            row: Row = {
                "source_ref": f"{arrest['source_ref']}-{country}",
                "custody_number": arrest["custody_number"],
                "country": country,
                "state": "requested",
                "requested_at": requested_at.isoformat(),
            }
            days = 1 + rnd.random() ** 2 * LONGEST_DAYS_TO_REPLY
            responded_at = requested_at + timedelta(minutes=int(days * 1440))
            if responded_at < now and rnd.random() >= NEVER_ANSWERED_SHARE:
                response = RESPONSES.draw(rnd)
                is_assessed = response in TO_ASSESS and rnd.random() < ASSESSED_SHARE
                row |= {
                    "state": "assessed" if is_assessed else "responded",
                    "responded_at": responded_at.isoformat(),
                    "response": response,
                }
                if response in TO_ASSESS:
                    row["summary"] = "Made-up convictions abroad, for the demonstration."
            yield row
