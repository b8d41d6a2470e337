"""Payloads of registrations."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from offenders.api.schemas.fields import (
    Day,
    Moment,
    PastDay,
    Text,
    Truth,
    code,
    name,
    one_of,
    prose,
)
from offenders.api.schemas.wanted import ActionBody, HandoverBody
from offenders.domain.registrations.cases import (
    Determination,
    Management,
    Outcome,
    Risk,
)
from offenders.domain.registrations.clocks import Kind, Why
from offenders.domain.registrations.law import LONGEST_DISCHARGE, Disposal, Runs

LONGEST_SENTENCE = 1200  # months
MOST_TERMS = 50
RESULTS = ("no_significant_response", "significant_response", "inconclusive", "not_completed")
ACTIONS = ("none", "risk_change", "recall", "investigation", "other")


def _count(most: int, **kwargs: Any) -> fields.Integer:
    return fields.Integer(
        strict=True,
        validate=validate.Range(0, most, error=f"Send a whole number from 0 to {most}."),
        error_messages={"invalid": "Send a whole number."},
        **kwargs,
    )


class _TermBody(Schema):
    """A term of imprisonment for an offence of Schedule 3."""

    months = _count(LONGEST_SENTENCE)
    days = _count(LONGEST_SENTENCE * 31)
    runs = one_of(Runs, metadata={"description": "Beside the terms before it; consecutive."})
    overlap_months = _count(LONGEST_SENTENCE)
    overlap_days = _count(LONGEST_SENTENCE * 31)


class _DisposalFields(Schema):
    """How the offence was dealt with; lengths in whole months, and days beside them."""

    disposed_on = PastDay(
        allow_none=True, metadata={"description": "The day of the order, where it is later."}
    )
    sentence_months = _count(LONGEST_SENTENCE, allow_none=True)
    sentence_days = _count(LONGEST_SENTENCE * 31, allow_none=True)
    terms = fields.List(
        fields.Nested(_TermBody),
        allow_none=True,
        validate=validate.Length(max=MOST_TERMS, error=f"Send at most {MOST_TERMS}."),
        metadata={"description": "Several terms, in place of one sentence (s.82(3)-(4))."},
    )
    discharge_months = fields.Integer(
        strict=True,
        allow_none=True,
        validate=validate.Range(1, LONGEST_DISCHARGE, error="Send 1 to {max} months."),
        error_messages={"invalid": "Send a whole number."},
    )


class DisposalBody(_DisposalFields):
    """A further disposal of somebody registered."""

    relevant_date = PastDay(
        required=True, metadata={"description": "Of the conviction, finding or caution."}
    )
    disposal = one_of(Disposal, required=True)


class DisposalRemovalBody(Schema):
    """Why a disposal no longer counts."""

    reason = prose(required=True)


class _RecordFields(Schema):
    """What may be said of a registration on entry and later."""

    offender_manager = code(allow_none=True)
    owner_team = code(allow_none=True)
    has_no_fixed_abode = Truth()
    local_summary = prose(
        allow_none=True, metadata={"description": "What local officers are told and asked."}
    )
    is_withheld_locally = Truth(
        metadata={"description": "Local officers are not told that the person is registered."}
    )
    lpa = code(allow_none=True)
    neighbourhood = code(allow_none=True)


class RegistrationBody(DisposalBody, _RecordFields):
    """A disposal by which a person is registered, or a further one of somebody registered."""

    person_id = code(required=True, metadata={"description": "Id or reference of the person."})
    risk = one_of(Risk, allow_none=True, metadata={"description": "Where it is assessed yet."})
    risk_since = PastDay(metadata={"description": "Since when; today unless told."})


class RegistrationPatch(_DisposalFields, _RecordFields):
    """Changes to a registration; `reason` where manager or visits are changed."""

    relevant_date = PastDay()
    disposal = one_of(Disposal)
    disposal_id = code(metadata={"description": "Which disposal is corrected, of several."})
    visit_months = fields.Integer(
        strict=True,
        allow_none=True,
        validate=validate.Range(1, 24, error="Send 1 to 24 months."),
        metadata={"description": "The person's own interval, in place of that of their risk."},
    )
    reason = prose()

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def refuse_risk(self, _data: Any, original: Any, **_kwargs: Any) -> None:
        """Say where these are changed."""
        for field in {"risk", "risk_since"} & set(original):
            raise ValidationError({field: ["Change the risk by POST …/risk-levels."]})


class NotificationBody(ActionBody):
    """A notification; the first is the initial one unless told."""

    kind = one_of(Kind)
    station = name(allow_none=True)
    notified_to = code(allow_none=True)
    changed_on = PastDay(metadata={"description": "When what is notified changed."})
    returned_on = PastDay(metadata={"description": "When the person came back to the country."})
    has_no_fixed_abode = Truth(metadata={"description": "Notifies weekly from now on, or not."})
    text = prose(allow_none=True)


class _DeviceCheck(Schema):
    """What was looked at on a visit."""

    type = name()
    devices = fields.List(name(), validate=validate.Length(max=MOST_TERMS))
    result = prose()
    exhibit_reference = code()


class VisitBody(ActionBody):
    """A home visit made, tried, or planned for a day."""

    planned_for = Day(metadata={"description": "The day of a visit that is yet to be made."})
    seen = Truth(metadata={"description": "Only who was seen is not due again at once."})
    announced = Truth()
    entry_refused = Truth()
    officers = fields.List(code(), validate=validate.Length(max=MOST_TERMS))
    place = name(allow_none=True)
    concerns = prose(allow_none=True)
    result = prose(allow_none=True)
    device_check = fields.Nested(_DeviceCheck)


class ArmsBody(ActionBody):
    """An ARMS assessment: eleven factors, whose outcome is a priority."""

    priority = one_of(Risk, required=True)
    assessor = code(allow_none=True)
    summary = prose(allow_none=True)


class PolygraphBody(ActionBody):
    """A polygraph examination."""

    examiner = code(allow_none=True)
    purpose = name(allow_none=True)
    result = one_of(RESULTS, required=True)
    disclosure = prose(allow_none=True)
    action = one_of(ACTIONS, load_default="none")


class RiskLevelBody(ActionBody):
    """Another risk, and why."""

    risk = one_of(Risk, required=True)
    source = name(allow_none=True, metadata={"description": "The tool, e.g. OSP or ARMS."})
    reason = prose(required=True)


class TravelBody(ActionBody):
    """Notice of travel abroad, given at `occurred_at`; `excuse` where it came late for a reason."""

    departs_at = Moment(required=True)
    returns_on = Day(allow_none=True)
    countries = fields.List(code(), validate=validate.Length(max=MOST_TERMS))
    details = prose(allow_none=True)
    excuse = prose(allow_none=True)


class AbsenceBody(Schema):
    """Time in custody, in hospital or abroad, which doesn't count."""

    reason = one_of(Why, required=True)
    from_ = PastDay(
        data_key="from",
        attribute="from",
        metadata={"description": "The first day; today unless told."},
    )
    until = Day(allow_none=True, metadata={"description": "The day of release or return."})
    place = name(allow_none=True)


class AbsenceEndBody(Schema):
    """The day of release or return; today unless told."""

    until = PastDay()


class ManagementBody(ActionBody):
    """With visits or without; reactive again renews its review."""

    management = one_of(Management, required=True)
    authorised_by = code(allow_none=True)
    review_due_on = Day(metadata={"description": "As the force's policy has it unless told."})
    reason = prose(required=True)


class IndefiniteReviewBody(Schema):
    """An application for review, or with `determination` what it came to."""

    applied_on = PastDay()
    determination = one_of(Determination)
    determined_on = PastDay()
    authorised_by = code()
    next_review_years = fields.Integer(
        strict=True, validate=validate.Range(8, 15, error="Send 8 to 15 years.")
    )
    reason = prose()


class RegistrationClosureBody(ActionBody):
    """How it ended; nothing else ends a registration."""

    outcome = one_of(Outcome, required=True)
    reason = prose(allow_none=True)
    court = name()
    to_force = Text(2)
    accepted_by = name(metadata={"description": "Who accepted for the other force."})
    accepted_on = PastDay()


class RegistrationHandoverBody(HandoverBody):
    """Another offender manager or team, and why."""
