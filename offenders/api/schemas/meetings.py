"""Payloads of meetings."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from offenders.api.schemas.fields import Moment, PageQuery, Text, Truth, code, one_of, prose
from offenders.api.schemas.wanted import DayOrMoment
from offenders.domain.meetings.service import SECTIONS, Kind, Tier

MOST_PRESENT = 100
FORMATS = ("json", "csv", "xlsx", "pdf")


class Attendee(Schema):
    """Somebody asked to a meeting: who, for which agency, and whether they came."""

    officer = code(required=True, metadata={"description": "Collar number or name at the agency."})
    agency = code(load_default="police")
    present = Truth(load_default=True)


class Attendees(fields.Nested):
    """Who was asked to a meeting."""

    def __init__(self, **kwargs: Any) -> None:
        """Bound how many."""
        most = validate.Length(max=MOST_PRESENT, error=f"Send at most {MOST_PRESENT}.")
        super().__init__(Attendee, many=True, validate=most, **kwargs)


class MeetingBody(Schema):
    """A meeting whose pack is drawn as at `cut_off`; without one as at `held_at`, or now."""

    tier = one_of(Tier, metadata={"description": "`lpa` where an LPA is named, else `force`."})
    kind = one_of(Kind, load_default=str(Kind.DAILY))
    lpa = code(allow_none=True)
    held_at = Moment()
    cut_off = Moment()
    chair = code(allow_none=True)
    attendance = Attendees()

    @post_load
    def name_tier(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Take the tier from whether an LPA is named."""
        return {"tier": str(Tier.LPA if data.get("lpa") else Tier.FORCE)} | data


class MeetingAmendment(Schema):
    """Who held it and who was there; and why its pack is held beyond its time."""

    chair = code(allow_none=True)
    attendance = Attendees()
    pack_hold = Text(
        500,
        shortest=1,
        allow_none=True,
        metadata={"description": "For which inquiry or court; null lets the pack go again."},
    )


class MinuteBody(Schema):
    """What was said, on a section of the pack where one is named."""

    section = one_of(SECTIONS)
    note = prose(required=True)


class MeetingQuery(PageQuery):
    """Filters of the list."""

    force = Text(2)
    lpa = code(metadata={"description": "`none` asks for meetings of the force."})
    tier = one_of(Tier)
    kind = one_of(Kind)
    held_from = DayOrMoment()
    held_to = DayOrMoment(ends=True)

    @post_load
    def name_end(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Call the end what it is: the moment before which."""
        if "held_to" in data:
            data["held_before"] = data.pop("held_to")
        return data


class PackQuery(Schema):
    """The form of a pack, and why it is taken along."""

    format = one_of(FORMATS, load_default="json")
    section = one_of(SECTIONS, metadata={"description": "This section alone."})
    purpose = Text(
        500,
        shortest=1,
        metadata={"description": "Why it is taken along: asked for CSV, XLSX and PDF."},
    )


class MeetingAnswer(Schema):
    """A meeting, its minutes, and its decisions with the tasks they made."""

    id = fields.UUID()
    reference = fields.String()
    force = fields.String()
    tier = one_of(Tier)
    kind = one_of(Kind)
    lpa = fields.String(allow_none=True)
    held_at = Moment()
    cut_off = Moment()
    since = Moment()
    until = Moment()
    previous = fields.Dict(allow_none=True)
    drawn_at = Moment()
    chair = fields.String(allow_none=True)
    attendance = fields.List(fields.Dict())
    pack = fields.String()
    pack_dropped_at = Moment(
        allow_none=True, metadata={"description": "Since when its pack is gone, by policy."}
    )
    pack_hold = fields.String(allow_none=True)
    minutes = fields.List(fields.Dict())
    decisions = fields.List(fields.Dict())
    decisions_href = fields.String(metadata={"description": "All of them, where they are many."})
    recorded_by = fields.String()
    recorded_at = Moment()
    updated_at = Moment()
    version = fields.Integer()


class PackAnswer(Schema):
    """A pack as drawn, as its reader may see it."""

    meeting = fields.Dict()
    sections = fields.List(fields.Dict())
    masked = fields.List(fields.String())
