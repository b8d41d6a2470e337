"""Payloads of the wanted register."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validates_schema

from offenders.api.schemas.fields import (
    AsAtQuery,
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
    read_moment,
)
from offenders.domain.wanted.figures import GROUPS
from offenders.domain.wanted.rules import (
    OUTSTANDING,
    RISK_ORDER,
    Basis,
    Circulation,
    Outcome,
    Reason,
    Risk,
)
from offenders.domain.working_days import end_of_london_day, start_of_london_day

HANDLINGS = ("normal", "restricted", "covert")


class _WantFields(Schema):
    """What may be said of a want on entry and later."""

    basis = one_of(Basis, allow_none=True)
    offence_code = code(allow_none=True)
    crime_reference = code(allow_none=True)
    power = Text(200, shortest=1, allow_none=True)
    warrant_number = code(allow_none=True)
    court = name(allow_none=True)
    warrant_category = code(allow_none=True)
    backed_for_bail = Truth(allow_none=True)
    risk = one_of(Risk)
    risk_rationale = prose(allow_none=True)
    domestic_abuse = Truth()
    priority_crime = Truth()
    lpa = code(allow_none=True)
    neighbourhood = code(allow_none=True)


class WantBody(_WantFields):
    """A new want on a person of the caller's force."""

    person_id = code(required=True, metadata={"description": "Id or reference of the person."})
    reason = one_of(Reason, required=True)
    owner_officer = code(allow_none=True)
    owner_team = code(allow_none=True)
    entered_at = PastMoment()


class WantPatch(_WantFields):
    """Changes to a want; the owner moves only by a hand-over."""

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def refuse_owner(self, _data: Any, original: Any, **_kwargs: Any) -> None:
        """Say where an owner is changed."""
        for field in {"owner_officer", "owner_team"} & set(original):
            message = "Move the owner by POST …/handovers, with a reason."
            raise ValidationError({field: [message]})


class DayOrMoment(fields.String):
    """A moment, or a date meant as a whole Europe/London day."""

    def __init__(self, *, ends: bool = False, **kwargs: Any) -> None:
        """With `ends`, a date stands for the end of that day."""
        self.ends = ends
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_kwargs: Any) -> Any:
        if isinstance(value, str) and len(value) == 10:  # noqa: PLR2004 - YYYY-MM-DD
            day = Day().deserialize(value, attr, data)
            return end_of_london_day(day) if self.ends else start_of_london_day(day)
        return read_moment(value)


class WantedQuery(PageQuery, AsAtQuery):
    """Filters of the wanted list; `none` asks for rows without an LPA or neighbourhood."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    state = one_of(
        [OUTSTANDING, *Outcome, "all"], metadata={"description": "Outstanding unless told."}
    )
    reason = one_of(Reason)
    basis = one_of([*Basis, "none"])
    risk = one_of(RISK_ORDER)
    priority = one_of(["high", "standard"])
    circulation = one_of(Circulation)
    domestic_abuse = Truth()
    owner = code()
    team = code()
    person_id = IdOrReference()
    crime_reference = code()
    overdue = one_of(["arrest", "review", "validation", "activity"])
    entered_from = DayOrMoment()
    entered_to = DayOrMoment(ends=True)
    outcome_from = DayOrMoment()
    outcome_to = DayOrMoment(ends=True)
    owner_left = Truth(metadata={"description": "Owned by an officer who has left the force."})
    sort = one_of(["risk", "target", "entered", "activity"])

    @post_load
    def give_defaults(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Show what is outstanding, by risk and then by age, unless told."""
        state = data.get("state", OUTSTANDING)
        filters = {**data, "state": None if state == "all" else state}
        for moment in ("entered", "outcome"):
            if f"{moment}_to" in filters:
                filters[f"{moment}_before"] = filters.pop(f"{moment}_to")
        return filters


class CountsQuery(AsAtQuery):
    """Counts of a force or area, grouped."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    group_by = one_of(GROUPS)


class ActionBody(Schema):
    """When something happened; now unless told."""

    occurred_at = PastMoment()


class AttemptBody(ActionBody):
    """An arrest attempt: one quick record, safe to repeat at any time under its client_id."""

    client_id = fields.UUID(
        metadata={"description": "Made by the device, one for each attempt, unique in the force."}
    )

    place = Text(500, shortest=1, allow_none=True)
    latitude = fields.Float(allow_none=True)
    longitude = fields.Float(allow_none=True)
    result = Text(
        60,
        shortest=1,
        allow_none=True,
        metadata={"description": "A code of the force, e.g. no_reply, not_at_address, made_off."},
    )
    officers = fields.List(code())
    notes = prose(allow_none=True)


class EnquiryBody(ActionBody):
    """A tracing enquiry, research, ANPR hit or briefing."""

    type = one_of(["enquiry", "research", "anpr_hit", "briefing", "other"], load_default="enquiry")
    place = Text(500, shortest=1, allow_none=True)
    result = Text(500, shortest=1, allow_none=True)
    officers = fields.List(code())
    text = prose(allow_none=True)
    notes = prose(allow_none=True)


class ReviewBody(ActionBody):
    """A supervisor's review."""

    level = one_of(["local", "force"], load_default="local")
    decision = prose(allow_none=True)
    next_action = prose(allow_none=True)
    text = prose(allow_none=True)
    notes = prose(allow_none=True)


class ValidationBody(ActionBody):
    """The owner's confirmation that the want is still right."""

    person = Truth(load_default=True)
    offence = Truth(load_default=True)
    power = Truth(load_default=True)
    markers = Truth(load_default=True)
    text = prose(allow_none=True)
    notes = prose(allow_none=True)


class HandoverBody(ActionBody):
    """A new owner, officer or team, and why."""

    to_officer = code(allow_none=True)
    to_team = code(allow_none=True)
    reason = prose(required=True)


class CirculationBody(ActionBody):
    """That circulation on PNC was requested or made."""

    state = one_of([Circulation.REQUESTED, Circulation.CIRCULATED], required=True)
    pnc_reference = code(allow_none=True)


class CancellationBody(ActionBody):
    """That PNC has confirmed the cancellation of the circulation."""

    pnc_reference = code(allow_none=True)
    reason = prose(allow_none=True)


class OutcomeBody(ActionBody):
    """How the want ended."""

    outcome = one_of(Outcome, required=True)
    reason = prose(allow_none=True)
    custody_number = code(allow_none=True)


class NoteBody(ActionBody):
    """A note on the want."""

    text = prose(required=True)
    grade = Text(3, metadata={"description": "3x5x2, e.g. 1AP."})
    handling = one_of(HANDLINGS, load_default="normal")


class WantAnswer(WantBody):
    """A want as it stands."""

    id = fields.UUID()
    reference = fields.String()
    force = fields.String()
    state = one_of([OUTSTANDING, *Outcome])
    priority = one_of(["high", "standard"])
    managed_risk = fields.String(
        allow_none=True,
        metadata={"description": "The highest risk by which the person is managed now."},
    )
    person = fields.Dict()
    offence = fields.String(allow_none=True)
    circulation = one_of(Circulation)
    target_arrest_by = Moment()
    review_due_at = Moment()
    validation_due_at = Moment()
    activity_due_at = Moment()
    last_activity_at = Moment(allow_none=True)
    last_reviewed_at = Moment(allow_none=True)
    last_validated_at = Moment(allow_none=True)
    overdue = fields.List(fields.String())
    version = fields.Integer()


class ActionAnswer(Schema):
    """An entry of a want's log."""

    id = fields.UUID()
    want_id = fields.UUID()
    kind = fields.String()
    occurred_at = Moment()
    recorded_at = Moment()
    actor = fields.String()
    handling = one_of(HANDLINGS)
    details = fields.Dict(
        metadata={"description": "`want_was`: how the want had ended before what a device sent."}
    )
    client_id = fields.UUID(allow_none=True)


class CountsAnswer(Schema):
    """Counts of a moment, each with the query that returns exactly its rows."""

    as_at = Moment()
    counts = fields.List(fields.Dict())
    headline = fields.Dict()


class SafeToActAnswer(Schema):
    """Whether an officer may act, and why."""

    act = one_of(["yes", "confirm_first", "no"])
    reasons = fields.List(fields.Dict())
    markers = fields.List(fields.String())
    last_confirmed_at = Moment(allow_none=True)
