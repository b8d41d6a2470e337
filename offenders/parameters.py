"""What the command line takes beside words and numbers: a force and a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

LONDON = ZoneInfo("Europe/London")


class ForceCode(click.ParamType[str]):
    """The two digits of a force."""

    name = "FORCE"

    def convert(self, value: str, param: Any, ctx: Any) -> str:
        """Refuse what isn't two digits."""
        if len(value) != 2 or not (value.isascii() and value.isdigit()):  # noqa: PLR2004
            self.fail("Give the force as its two digits, e.g. 33.", param, ctx)
        return value


class Time(click.ParamType[datetime]):
    """A moment; without a zone it is Europe/London, like the timetable."""

    name = "TIME"

    def convert(self, value: str, param: Any, ctx: Any) -> datetime:
        """Refuse what isn't a moment."""
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail("Give a moment, e.g. 2027-03-01T06:00:00Z.", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)
