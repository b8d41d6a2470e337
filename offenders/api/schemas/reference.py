"""Payloads of codes, areas and policies."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from offenders.api.schemas.fields import Day, PageQuery, Text, code, prose

HIGHEST = 1_000_000


class ForceQuery(PageQuery):
    """Codes and areas of a force; one's own unless told."""

    force = Text(2, validate=[validate.Regexp("^[0-9]{2}$", error="Send a two-digit code.")])


class NeighbourhoodQuery(ForceQuery):
    """Neighbourhoods of a force, of an LPA, or the one at a point."""

    lpa = code()
    point = Text(60, metadata={"description": "latitude,longitude in WGS84"})


class OffenceQuery(PageQuery):
    """Offences by code or part of the title."""

    q = Text(100, shortest=2)


class RuleQuery(Schema):
    """Figures of deadline rules."""

    on = Day(metadata={"description": "Only figures in force on this day."})


class Figure(fields.Field[Any]):
    """One number, or an object of numbers by what they apply to."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_kwargs: Any) -> Any:
        del attr, data
        figures = value if isinstance(value, dict) else {"all": value}
        for each in figures.values():
            if isinstance(each, bool) or not isinstance(each, int) or not 0 <= each <= HIGHEST:
                message = f"Send whole numbers from 0 to {HIGHEST}."
                raise ValidationError(message)
        if not figures:
            message = "Send at least one figure."
            raise ValidationError(message)
        return figures


class PolicyBody(Schema):
    """A force's own dated figure for a rule."""

    figure = Figure(
        required=True,
        metadata={"description": 'A number, or numbers by risk, e.g. {"very_high": 1}.'},
    )
    from_ = Day(data_key="from", metadata={"description": "Today unless told."})
    to = Day()
    source = prose(metadata={"description": "The decision behind it, e.g. a policy paper."})
