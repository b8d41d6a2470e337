"""Field types that the payloads share; each refusal says what to send instead."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from offenders import clock
from offenders.api.pages import MAX_LIMIT
from offenders.ids import as_reference, as_uuid, is_reference

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(seconds=1)
LATEST_YEAR = 9000  # leaves room for due dates
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Text(fields.String):
    """Text of bounded length without control characters; spaces around it are taken off."""

    def __init__(self, longest: int, *, shortest: int = 0, **kwargs: Any) -> None:
        """Bound the length to `shortest` … `longest` characters."""
        length = validate.Length(shortest, longest, error="Send {min} to {max} characters.")
        super().__init__(validate=[length, *kwargs.pop("validate", [])], **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs).strip()
        if _UNPRINTABLE.search(text):
            message = "Leave out control characters."
            raise ValidationError(message)
        return text


def name(**kwargs: Any) -> Text:
    """Take a name of a person, place or thing."""
    return Text(200, shortest=1, **kwargs)


def prose(**kwargs: Any) -> Text:
    """Take free text."""
    return Text(4000, shortest=1, **kwargs)


def code(**kwargs: Any) -> Text:
    """Take an opaque code, e.g. a collar number or an LPA."""
    return Text(60, shortest=1, **kwargs)


class Country(Text):
    """An ISO 3166 alpha-3 code, in any case."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return super()._deserialize(value, attr, data, **kwargs).upper()


def one_of(values: Iterable[str], **kwargs: Any) -> fields.String:
    """Take one of a closed list of codes."""
    listed = [str(value) for value in values]
    return fields.String(
        validate=validate.OneOf(listed, error=f"Send one of {', '.join(listed)}."), **kwargs
    )


class Moment(fields.DateTime):
    """An RFC 3339 moment with its zone; given as UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_kwargs: Any) -> datetime:
        del attr, data
        return read_moment(value)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_kwargs: Any) -> Any:
        del attr, obj
        return value.isoformat() if value is not None else None


def read_moment(value: Any) -> datetime:
    """Read a moment; a date alone, a moment without zone and the year 9999 are refused."""
    message = "Send a moment with its zone, e.g. 2026-03-01T09:30:00Z."
    if not isinstance(value, str) or len(value) > 40 or len(value) < 17:  # noqa: PLR2004
        raise ValidationError(message)
    try:
        # A plus sign in a query string arrives as a space.
        moment = datetime.fromisoformat(value.replace(" ", "+"))
    except ValueError as error:
        raise ValidationError(message) from error
    if moment.tzinfo is None:
        raise ValidationError(message)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValidationError(message) from error
    if moment < EARLIEST or moment.year > LATEST_YEAR:
        message = f"Send a moment of the years 1900 to {LATEST_YEAR}."
        raise ValidationError(message)
    return moment


class IdOrReference(fields.Field[Any]):
    """The id of a record, or its reference as it may be spoken: in any case, without dashes."""

    def __init__(self, **kwargs: Any) -> None:
        """Describe it as text."""
        told = {"type": "string", "description": "An id, or a reference as it may be spoken."}
        super().__init__(metadata=told, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_kwargs: Any) -> UUID | str:
        del attr, data
        written = value if isinstance(value, str) else ""
        found = as_uuid(written)
        if found is not None:
            return found
        if not is_reference(written):
            message = "Send the id or the reference."
            raise ValidationError(message)
        return as_reference(written)


class PastMoment(Moment):
    """A moment that is not in the future."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        moment = super()._deserialize(value, attr, data, **kwargs)
        if moment > clock.now():
            message = "This lies in the future. Send a moment that has passed."
            raise ValidationError(message)
        return moment


class AsAt(Moment):
    """A past moment; one named by the database's clock may be a little ahead of ours."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        moment = super()._deserialize(value, attr, data, **kwargs)
        if moment > clock.now() + CLOCK_SKEW:
            message = "This lies in the future. Send a moment that has passed."
            raise ValidationError(message)
        return moment


class Day(fields.Date):
    """An ISO date, Europe/London."""

    default_error_messages = {"invalid": "Send a date as YYYY-MM-DD."}  # noqa: RUF012

    def __init__(self, **kwargs: Any) -> None:
        """Take ISO dates only."""
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise self.make_error("invalid")
        day: date = super()._deserialize(value, attr, data, **kwargs)
        if not EARLIEST.year <= day.year <= LATEST_YEAR:
            message = f"Send a date between the years {EARLIEST.year} and {LATEST_YEAR}."
            raise ValidationError(message)
        return day


class PastDay(Day):
    """A date that is not in the future."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        day = super()._deserialize(value, attr, data, **kwargs)
        if day > clock.today():
            message = "This lies in the future. Send a date that has passed."
            raise ValidationError(message)
        return day


class Truth(fields.Boolean):
    """True or false and nothing that merely looks like it."""

    truthy = {True, "true"}  # noqa: RUF012
    falsy = {False, "false"}  # noqa: RUF012
    default_error_messages = {"invalid": "Send true or false."}  # noqa: RUF012

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool | str):
            raise self.make_error("invalid", input=value)
        return bool(super()._deserialize(value, attr, data, **kwargs))


class PageQuery(Schema):
    """What every list takes."""

    limit = fields.Integer(
        strict=False,
        validate=validate.Range(1, MAX_LIMIT, error=f"Send 1 to {MAX_LIMIT}."),
        metadata={"description": "Rows on a page, 50 unless told."},
    )
    cursor = Text(500, metadata={"description": "`next` of the page before."})
    count = Truth(metadata={"description": "Add `total`."})


class AsAtQuery(Schema):
    """A moment in the past for which to answer."""

    as_at = AsAt(metadata={"description": "What the service knew at this moment."})


class LogQuery(AsAtQuery):
    """What a log takes that is not counted."""

    limit = PageQuery().fields["limit"]
    cursor = PageQuery().fields["cursor"]


class Days(Schema):
    """A period of whole days, `from_on` to `to_on`."""

    @validates_schema
    def check_days(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Refuse an end before the beginning."""
        if "from_on" in data and "to_on" in data and data["to_on"] < data["from_on"]:
            raise ValidationError({"to": ["Send a day not before `from`."]})


class Problem(Schema):
    """An RFC 9457 problem."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String(metadata={"description": "What to do next."})
    instance = fields.String()
    request_id = fields.String()
    errors = fields.List(fields.Dict(keys=fields.String(), values=fields.String()))


class ItemPage(Schema):
    """A page of a list."""

    items = fields.List(fields.Dict())
    next = fields.String(allow_none=True)
    total = fields.Integer()
