"""Payloads of what an officer on the street reads and sends."""

from __future__ import annotations

import math
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from offenders.api.pages import MAX_LIMIT
from offenders.api.schemas.fields import (
    ItemPage,
    Moment,
    PageQuery,
    PastMoment,
    Text,
    code,
    name,
    one_of,
    prose,
)
from offenders.domain.briefings.offenders import MOST_METRES, Near
from offenders.domain.briefings.reasons import KINDS, RISKS


class _Near(fields.String):
    """A point and how far from it, `latitude,longitude,metres`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_kwargs: Any) -> Any:
        del attr, data
        message = f"Send near=latitude,longitude,metres, at most {MOST_METRES} metres."
        try:
            latitude, longitude, metres = map(float, str(value).split(","))
        except ValueError as error:
            raise ValidationError(message) from error
        is_known = all(map(math.isfinite, (latitude, longitude, metres)))
        is_on_earth = abs(latitude) <= 90 and abs(longitude) <= 180  # noqa: PLR2004 - degrees
        if not (is_known and is_on_earth and 0 < metres <= MOST_METRES):
            raise ValidationError(message)
        return Near(latitude, longitude, metres)


class WardQuery(PageQuery):
    """Filters of the offenders of a ward; the whole ward is one answer unless told."""

    limit = fields.Integer(
        strict=False,
        load_default=MAX_LIMIT,
        validate=validate.Range(1, MAX_LIMIT, error=f"Send 1 to {MAX_LIMIT}."),
        metadata={"description": f"Rows on a page, {MAX_LIMIT} unless told."},
    )
    reason = one_of(KINDS, metadata={"description": "Who is there for this reason, whatever else."})
    near = _Near(metadata={"description": "`latitude,longitude,metres`: a current address there."})


class IfMet(Schema):
    """What to do: `act` as safe-to-act says of their wants, `no` where they aren't wanted."""

    act = one_of(["yes", "confirm_first", "no"])
    because = fields.List(fields.Dict(), metadata={"description": "`code` and `detail`."})
    instructions = fields.List(
        fields.String(),
        metadata={
            "description": "Of wants, catch and convict, orders, registration, local summary."
        },
    )


class Offender(Schema):
    """A person of a ward with all reasons that the reader may see; masked fields are named."""

    type = one_of(["offender"])
    id = fields.UUID()
    reference = fields.String()
    force = fields.String()
    family_name = fields.String()
    given_names = fields.String(allow_none=True)
    date_of_birth = fields.Date(allow_none=True)
    age = fields.Integer(allow_none=True)
    sex = fields.String()
    is_child = fields.Boolean()
    photo_reference = fields.String(
        allow_none=True, metadata={"description": "Masked of a child who isn't wanted."}
    )
    neighbourhoods = fields.List(
        fields.String(), metadata={"description": "The wards in which the person is listed."}
    )
    risk = one_of(RISKS, allow_none=True, metadata={"description": "The gravest of the reasons."})
    is_wanted = fields.Boolean()
    is_dangerous = fields.Boolean(
        metadata={
            "description": "Wanted, and of high risk, for domestic abuse or with a warning marker"
            " of firearms, weapons, violence or explosives."
        }
    )
    reasons = fields.List(
        fields.Dict(),
        metadata={
            "description": "Each of `type` " + "|".join(KINDS) + ", gravest want first, with"
            " its owner and what is special to it; of a role that may not know there is none."
        },
    )
    if_met = fields.Nested(IfMet)
    markers = fields.List(
        fields.Dict(),
        metadata={"description": "`code`, `name`, `review_on`, `is_expired`."},
    )
    addresses = fields.List(fields.Dict(), allow_none=True)
    vehicles = fields.List(fields.Dict())
    last_seen = fields.Dict(allow_none=True)
    last_activity_at = Moment(allow_none=True)
    masked = fields.List(fields.String())
    version = fields.Integer()


class OffenderPage(ItemPage):
    """The offenders of a ward; an ETag covers all but `as_of`."""

    items = fields.List(fields.Nested(Offender))
    as_of = Moment(metadata={"description": "The moment at which this was so."})


class ChangesQuery(Schema):
    """From where on changes are asked for."""

    since = Text(200, metadata={"description": "`next` of the pull before."})
    limit = fields.Integer(
        strict=False,
        load_default=MAX_LIMIT,
        validate=validate.Range(1, MAX_LIMIT, error=f"Send 1 to {MAX_LIMIT}."),
        metadata={"description": f"Items at most, {MAX_LIMIT} unless told."},
    )


class Change(Schema):
    """One thing to keep as it is now, or to drop."""

    seq = fields.Integer()
    op = one_of(["upsert", "remove"])
    type = fields.String(metadata={"description": "`offender`; others may come. Skip unknown."})
    id = fields.UUID()
    version = fields.Integer(allow_none=True)
    data = fields.Dict(
        allow_none=True, metadata={"description": "As the ward list shows it; null on removal."}
    )


class ChangesAnswer(Schema):
    """What changed in the reader's area, in order; pull on at once while `more`."""

    items = fields.List(fields.Nested(Change))
    next = fields.String(metadata={"description": "Send as `since`, also after days: up to 30."})
    more = fields.Boolean()
    as_of = Moment()


class SightingBody(Schema):
    """That somebody was seen; a device may send it late and twice with one client_id."""

    client_id = fields.UUID(
        allow_none=True, metadata={"description": "Made by the device, one for each sighting."}
    )
    occurred_at = PastMoment(metadata={"description": "Now unless told."})
    place = name(allow_none=True)
    latitude = fields.Float(allow_none=True)
    longitude = fields.Float(allow_none=True)
    with_whom = Text(500, shortest=1, allow_none=True)
    registration_mark = code(allow_none=True)
    note = prose(allow_none=True)

    @validates_schema
    def refuse_half_a_point(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Take latitude and longitude together, on earth, or neither."""
        latitude, longitude = data.get("latitude"), data.get("longitude")
        if (latitude is None) != (longitude is None):
            message = "Send latitude and longitude together, or neither."
            raise ValidationError({"latitude": [message]})
        if latitude is None or longitude is None:
            return
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):  # noqa: PLR2004 - degrees
            raise ValidationError({"latitude": ["Send degrees on earth."]})

    @validates_schema
    def refuse_nothing(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Ask where, or what was seen."""
        if not any(data.get(each) is not None for each in ("place", "latitude", "note")):
            raise ValidationError({"place": ["Send a place, a point or a note."]})


class SightingAnswer(SightingBody):
    """A sighting on record, and the open wants of which it counts as activity."""

    id = fields.UUID()
    person_id = fields.UUID()
    recorded_at = Moment()
    recorded_by = fields.String()
    wants = fields.List(fields.UUID())
