"""The query of the calendar."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, validates_schema

from offenders import clock
from offenders.api.schemas.fields import Day, Text, code
from offenders.domain.calendar.service import KINDS

LONGEST = 366  # days


class Kinds(Text):
    """Kinds of entries with commas between."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        names = super()._deserialize(value, attr, data, **kwargs).split(",")
        if not set(names) <= set(KINDS):
            message = f"Send some of {', '.join(KINDS)} with commas between."
            raise ValidationError(message)
        return sorted(set(names))


class CalendarQuery(Schema):
    """Which days, Europe/London, both included; which kinds, and whose."""

    from_on = Day(data_key="from", metadata={"description": "A week ago unless told."})
    to_on = Day(data_key="to", metadata={"description": "13 weeks after today unless told."})
    kinds = Kinds(1000, metadata={"description": "All that the caller may know unless told."})
    owner = code(metadata={"description": "An officer, by collar number."})
    team = code()

    @validates_schema
    def check_days(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Refuse an end before the beginning, and too many days."""
        first = data.get("from_on") or clock.today()
        last = data.get("to_on") or first
        if last < first and "to_on" in data:
            raise ValidationError({"to": ["Send a day not before `from`."]})
        if (last - first).days >= LONGEST:
            raise ValidationError({"to": [f"Send at most {LONGEST} days."]})
