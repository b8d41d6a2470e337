"""What the Act sets, as rows of `notification-periods` among the default figures. Pure."""

from __future__ import annotations

from typing import Final

from offenders.domain.registrations import clocks
from offenders.domain.registrations.law import ACT, COMMENCED, FINITE

_RULE: Final = "notification-periods"
_REVIEW: Final = "A review of an indefinite period may be asked for; from the initial notification"
_EXCUSED: Final = clocks.LATE_NOTICE.seconds // 3600
# Key, figure, unit, since when, confidence, section, and what it is.
_OTHERS: Final = (
    ("change", clocks.CHANGE_DAYS, "days", COMMENCED, "H", "s.84(1)", "Notification of a change"),
    (
        "travel",
        clocks.TRAVEL_NOTICE.days,
        "days",
        clocks.WEEKLY_FROM,
        "M",
        "s.86",
        "Notice of travel abroad",
    ),
    (
        "travel_excused",
        _EXCUSED,
        "hours",
        clocks.WEEKLY_FROM,
        "M",
        "s.86",
        "Notice of travel abroad with a reasonable excuse",
    ),
    ("review", clocks.REVIEW_YEARS, "years", clocks.REVIEW_FROM, "H", "s.91B(2)", _REVIEW),
    (
        "review_under_18",
        clocks.YOUNG_REVIEW_YEARS,
        "years",
        clocks.REVIEW_FROM,
        "H",
        "s.91B(2)",
        f"{_REVIEW}; under 18 at the relevant date",
    ),
)


def law_rows() -> list[tuple[str, ...]]:
    """Give the finite periods, halved for those under 18, and the days of notices and reviews.

    Their days are those of the relevant date or of the event. Imprisonment for life or for 30
    months or more, and hospital with a restriction order, make an indefinite period.
    """
    periods = []
    for key, row in FINITE.items():
        what, months = f"Notification period: {row.what}; begins with the relevant date", row.months
        for name, figure, section, said in (
            (key, months, "s.82(1)", what),
            (f"{key}_under_18", (months or 0) // 2, "s.82(2)", f"{what}; under 18 then"),
        ):
            periods.append((name, figure, "months", COMMENCED, row.confidence, section, said))
    return [
        (
            _RULE,
            key,
            str(figure),
            unit,
            since.isoformat(),
            "",
            "information",
            confidence,
            "law",
            f"{ACT} {section}",
            what,
        )
        for key, figure, unit, since, confidence, section, what in (*periods, *_OTHERS)
    ]
