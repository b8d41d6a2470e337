"""Payloads of briefing items, receipts and the counts of held against read."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from offenders import clock
from offenders.api.schemas.fields import (
    Day,
    IdOrReference,
    Moment,
    PageQuery,
    PastMoment,
    Text,
    Truth,
    code,
    name,
    one_of,
    prose,
)
from offenders.domain.briefings.rules import (
    HANDLINGS,
    MARKINGS,
    PRIORITIES,
    RECEIPTS,
    STATES,
    SUBJECTS,
    WITHDRAWALS,
)
from offenders.domain.briefings.service import COUNTED, UNLISTED

LONGEST_PERIOD = 366  # days
_MOST_CODES = validate.Length(max=100, error="Send at most {max}.")


class BriefingAudience(Schema):
    """Whom an item is for: nobody named is the whole force. Roles narrow it."""

    lpas = fields.List(code(), validate=_MOST_CODES)
    neighbourhoods = fields.List(code(), validate=_MOST_CODES)
    teams = fields.List(code(), validate=_MOST_CODES)
    roles = fields.List(code(), validate=_MOST_CODES)


class BriefingAbout(Schema):
    """What an item is about."""

    type = one_of(SUBJECTS, required=True)
    id = IdOrReference(required=True)


class BriefingBody(Schema):
    """An item to publish."""

    title = name(required=True)
    text = prose(required=True)
    about = fields.Nested(BriefingAbout, allow_none=True)
    audience = fields.Nested(BriefingAudience)
    valid_from = Moment(metadata={"description": "At once unless told."})
    valid_until = Moment(required=True)
    priority = one_of(PRIORITIES, load_default="normal")
    marking = one_of(MARKINGS, load_default="official")
    handling = one_of(HANDLINGS, load_default="normal")
    handling_conditions = prose(allow_none=True)
    grade = code(allow_none=True, metadata={"description": "3x5x2, where it is intelligence."})


class BriefingPatch(Schema):
    """What may change of an item; what it is about can't."""

    title = name()
    text = prose()
    audience = fields.Nested(BriefingAudience)
    valid_from = Moment()
    valid_until = Moment()
    priority = one_of(PRIORITIES)
    marking = one_of(MARKINGS)
    handling = one_of(HANDLINGS)
    handling_conditions = prose(allow_none=True)
    grade = code(allow_none=True)


class BriefingWithdrawalBody(Schema):
    """Why an item drops out before its end."""

    because = one_of(WITHDRAWALS, required=True)
    reason = prose(required=True)


class BriefingReceiptBody(Schema):
    """That the caller's device held an item, or that the caller read it."""

    kind = one_of(RECEIPTS, required=True)
    client_id = fields.UUID(
        metadata={"description": "The device's own name of it, by which it is kept once."},
        error_messages={"invalid_uuid": "Send a UUID made by the device."},
    )
    occurred_at = PastMoment(metadata={"description": "Now unless told."})
    edition = fields.Integer(
        strict=False,
        validate=validate.Range(min=1, error="Send 1 or more."),
        metadata={"description": "Which wording; the one that stands unless told."},
    )


class BriefingQuery(PageQuery):
    """Filters of the list; only what is current unless told."""

    lpa = code()
    neighbourhood = code()
    team = code()
    priority = one_of(PRIORITIES)
    author = code()
    current = Truth(metadata={"description": "`false`: in every state; for those who write."})
    state = one_of([*STATES, "all"])
    unread = Truth(metadata={"description": "What the caller has not read in its edition."})

    @post_load
    def read_current(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Read `current` as a state."""
        if data.pop("current", None) is False:
            data.setdefault("state", "all")
        return data


class BriefingVersionQuery(PageQuery):
    """A page of versions."""


class BriefingDailyQuery(Schema):
    """Of which ward."""

    neighbourhood = code(required=True)


class BriefingDailyAnswer(Schema):
    """The briefing of a ward as it is now; an ETag covers all but `generated_at`."""

    neighbourhood = fields.String()
    name = fields.String()
    people = fields.List(
        fields.Dict(),
        metadata={"description": "The cards of the ward, as /v1/neighbourhoods/…/offenders."},
    )
    more = fields.Boolean(metadata={"description": "There are more people than are shown."})
    wanted = fields.List(fields.UUID())
    domestic_abuse = fields.List(
        fields.UUID(), metadata={"description": "Wanted for domestic abuse."}
    )
    iom_active = fields.List(
        fields.Dict(), metadata={"description": "Who last came to notice first; no others."}
    )
    orders = fields.List(
        fields.Dict(), metadata={"description": "What binds, with the instruction to check it."}
    )
    registered = fields.List(fields.UUID())
    mappa = fields.List(fields.UUID())
    items = fields.List(fields.Dict(), metadata={"description": "The items for this ward."})
    releases = fields.List(
        fields.Dict(), metadata={"description": "On bail or under investigation, lately."}
    )
    generated_at = Moment()


class BriefingReceiptQuery(PageQuery):
    """Which officers of those whom an item is for."""

    lpa = code()
    team = code(metadata={"description": "`none`: officers without a team."})
    state = one_of([*COUNTED, UNLISTED])


class BriefingReadingQuery(Schema):
    """A period of days, Europe/London, both included, and which officers."""

    from_on = Day(data_key="from", metadata={"description": "A week before `to` unless told."})
    to_on = Day(data_key="to", metadata={"description": "Today unless told."})
    lpa = code()
    team = code()

    @validates_schema
    def check_days(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Refuse an end before the beginning, and a period that is too long."""
        last = data.get("to_on") or clock.today()
        first = data.get("from_on")
        if first is None:
            return
        if last < first:
            raise ValidationError({"to": ["Send a day not before `from`."]})
        if (last - first).days >= LONGEST_PERIOD:
            raise ValidationError({"from": [f"Send at most {LONGEST_PERIOD} days."]})


class BriefingReadingEntryQuery(PageQuery, BriefingReadingQuery):
    """The officers and items behind a count of a period."""

    state = one_of([*COUNTED, UNLISTED])


class BriefingAnswer(Schema):
    """One item, as the reader may see it."""

    id = fields.UUID()
    reference = fields.String()
    force = fields.String()
    title = fields.String()
    text = fields.String()
    about = fields.Dict(allow_none=True)
    person = fields.Dict(allow_none=True)
    audience = fields.Dict()
    valid_from = Moment()
    valid_until = Moment()
    state = one_of(STATES)
    priority = one_of(PRIORITIES)
    marking = one_of(MARKINGS)
    handling = one_of(HANDLINGS)
    handling_conditions = fields.String(allow_none=True)
    grade = fields.String(allow_none=True)
    edition = fields.Integer(metadata={"description": "Which wording; a receipt is of one."})
    author = fields.String()
    held_at = Moment(allow_none=True, metadata={"description": "By the caller, this edition."})
    read_at = Moment(allow_none=True)
    withdrawn_at = Moment(allow_none=True)
    withdrawn_by = fields.String(allow_none=True)
    withdrawn_because = fields.String(allow_none=True)
    withdrawn_reason = fields.String(allow_none=True)
    masked = fields.List(fields.String())
    recorded_at = Moment()
    updated_at = Moment()
    version = fields.Integer()


class BriefingReceiptAnswer(Schema):
    """One receipt."""

    id = fields.UUID()
    briefing_id = fields.UUID()
    kind = one_of(RECEIPTS)
    edition = fields.Integer()
    officer = fields.String()
    client_id = fields.UUID()
    occurred_at = Moment()
    recorded_at = Moment()


class _BriefingCounted(Schema):
    """A count and the address that gives exactly its rows."""

    count = fields.Integer(allow_none=True)
    href = Text(2000, allow_none=True)


class _BriefingCounts(Schema):
    officers = fields.Integer()
    audience = fields.Nested(_BriefingCounted)
    held = fields.Nested(_BriefingCounted, metadata={"description": "Held or read."})
    read = fields.Nested(_BriefingCounted)
    held_not_read = fields.Nested(_BriefingCounted)
    not_reached = fields.Nested(_BriefingCounted)
    percent_read = fields.Integer(allow_none=True)


class _BriefingTeamCounts(_BriefingCounts):
    team = fields.String(allow_none=True)
    name = fields.String(allow_none=True)
    lpa = fields.String(allow_none=True)
    items = fields.Integer()


class BriefingReadingAnswer(_BriefingCounts):
    """Held against read, in all and by team. Of roles nothing is known here but tokens."""

    briefing_id = fields.UUID()
    edition = fields.Integer()
    from_ = Day(data_key="from")
    to = Day()
    data = one_of(["complete", "no_data"], metadata={"description": "Whether there was an item."})
    readers_not_in_directory = fields.Nested(
        _BriefingCounted,
        metadata={"description": "In no team, so in no figure; null where an area is asked for."},
    )
    teams = fields.List(fields.Nested(_BriefingTeamCounts))
