"""Payloads of bail."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from offenders.api.schemas.fields import (
    AsAtQuery,
    Day,
    IdOrReference,
    Moment,
    PageQuery,
    PastDay,
    PastMoment,
    Text,
    Truth,
    code,
    one_of,
    prose,
)
from offenders.api.schemas.wanted import ActionBody, DayOrMoment, HandoverBody
from offenders.domain.bail.cases import Outcome, Paused, State
from offenders.domain.bail.conditions import TYPES
from offenders.domain.bail.entering import WITHOUT_BAIL
from offenders.domain.bail.law import Agency, CaseType, Kind, Rank, Regime
from offenders.domain.wanted.rules import Risk

MOST_CONDITIONS = 50
STATES = (*State, "no_longer_wanted")  # the last is shown of a failure whose want has ended


class Condition(fields.Field[dict[str, Any]]):
    """A condition as text, or with its type."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_kwargs: Any) -> Any:
        del attr, data
        given = {"text": value} if isinstance(value, str) else value
        return _ConditionBody().load(given)


class _ConditionBody(Schema):
    type = one_of(TYPES, load_default="other")
    text = Text(1000, shortest=1, required=True)


class Representations(fields.Field[Any]):
    """What was said, or true where it is recorded elsewhere; false where nobody was asked."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_kwargs: Any) -> Any:
        if isinstance(value, bool):
            return value
        return Text(4000).deserialize(value, attr, data)


def _conditions(**kwargs: Any) -> fields.List[Any]:
    most = validate.Length(max=MOST_CONDITIONS, error=f"Send at most {MOST_CONDITIONS}.")
    return fields.List(Condition(), validate=most, **kwargs)


class _BailFields(Schema):
    """What may be said of a release on entry and later."""

    case_type = one_of(CaseType)
    agency = one_of(Agency)
    offence_code = code(allow_none=True)
    crime_reference = code(allow_none=True)
    return_at = Moment(
        allow_none=True,
        metadata={"description": "When to answer bail; the end of the last day unless told."},
    )
    lpa = code(allow_none=True)
    neighbourhood = code(allow_none=True)


class BailBody(_BailFields):
    """A release after an arrest, on bail or without."""

    person_id = code(required=True, metadata={"description": "Id or reference of the person."})
    arrested_at = PastMoment(required=True)
    bailed_at = PastMoment(required=True)
    release = one_of(["on_bail", WITHOUT_BAIL], load_default="on_bail")
    kind = one_of(Kind)
    conditions = _conditions()
    authorised_rank = one_of(Rank, metadata={"description": "Who authorised the bail."})
    owner_officer = code(allow_none=True)
    owner_team = code(allow_none=True)


class BailPatch(_BailFields):
    """Changes to a record; the owner moves only by a hand-over, the period by an extension."""

    arrested_at = PastMoment()
    bailed_at = PastMoment()

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def refuse_others(self, _data: Any, original: Any, **_kwargs: Any) -> None:
        """Say where these are changed."""
        for field in {"owner_officer", "owner_team"} & set(original):
            raise ValidationError({field: ["Move the owner by POST …/handovers, with a reason."]})
        if "conditions" in original:
            raise ValidationError({"conditions": ["Vary conditions by POST …/conditions."]})


class BailQuery(PageQuery, AsAtQuery):
    """Filters of the list of bail; without `state` records of every state."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    state = one_of([*STATES, "all"])
    regime = one_of(Regime)
    case_type = one_of(CaseType)
    agency = one_of(Agency)
    person_id = IdOrReference()
    crime_reference = code()
    owner = code()
    team = code()
    due_from = DayOrMoment()
    due_to = DayOrMoment(ends=True)
    overdue = Truth()

    @post_load
    def give_defaults(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Read `all` and the end of what is due."""
        if data.get("state") == "all":
            del data["state"]
        if "due_to" in data:
            data["due_before"] = data.pop("due_to")
        return data


class BailExtensionBody(Schema):
    """An extension, judged at `authorised_at`."""

    authorised_rank = one_of(Rank, required=True)
    authorised_at = PastMoment(required=True)
    representations = Representations(
        metadata={"description": "What the person said; true where recorded elsewhere."}
    )
    reason = prose(required=True)
    return_at = Moment()
    applied_at = PastMoment(metadata={"description": "When the court was asked."})
    longer = Truth(
        metadata={"description": "By a court: unlikely to be done in the shorter extension."}
    )


class BailSuspensionBody(Schema):
    """Days on which the period doesn't run."""

    reason = one_of(Paused, required=True)
    from_ = PastDay(
        data_key="from",
        attribute="from",
        metadata={"description": "The first day; today unless told."},
    )
    until = PastDay(
        allow_none=True,
        metadata={
            "description": "The day of the prosecutor's request, or the last day in hospital."
        },
    )


class BailSuspensionEndBody(Schema):
    """The end of a suspension; today unless told."""

    until = PastDay()


class BailConditionsBody(ActionBody):
    """The conditions that hold from now on, whole; none lifts them all."""

    conditions = _conditions(required=True)
    varied_by = one_of(["police", "court"], load_default="police")
    victim_views = prose(allow_none=True)
    reason = prose(allow_none=True)


class BailSurrenderBody(ActionBody):
    """How the person came back."""

    how = one_of(["surrendered", "arrested"], load_default="surrendered")
    reason = prose(allow_none=True)


class BailFailureBody(ActionBody):
    """That the person did not answer bail."""

    reason = prose(allow_none=True)
    risk = one_of(Risk)
    risk_rationale = prose(allow_none=True)


class BailBreachBody(ActionBody):
    """The breach of a condition; `open_want` where the person was not arrested for it."""

    condition_id = code(allow_none=True)
    details = prose(allow_none=True)
    open_want = Truth()
    risk = one_of(Risk)
    risk_rationale = prose(allow_none=True)


class BailReviewBody(ActionBody):
    """The review of somebody released without bail."""

    level = one_of(["supervisor", "inspector"], load_default="supervisor")
    decision = prose(allow_none=True)
    text = prose(allow_none=True)


class BailClosureBody(ActionBody):
    """How it ended."""

    outcome = one_of([each for each in Outcome if each != Outcome.NOT_STATED], required=True)
    reason = prose(allow_none=True)


class BailHandoverBody(HandoverBody):
    """A new owner, officer or team, and why."""


class BailAnswer(Schema):
    """A release as it stands, with the rule and section that gave its last day."""

    id = fields.UUID()
    reference = fields.String()
    force = fields.String()
    person_id = fields.UUID()
    person = fields.Dict()
    state = one_of(STATES)
    kind = one_of(Kind)
    regime = one_of(Regime)
    case_type = one_of(CaseType)
    agency = one_of(Agency, allow_none=True)
    arrested_at = Moment()
    bailed_at = Moment()
    offence_code = fields.String(allow_none=True)
    offence = fields.String(allow_none=True)
    crime_reference = fields.String(allow_none=True)
    lpa = fields.String(allow_none=True)
    neighbourhood = fields.String(allow_none=True)
    masked = fields.List(fields.String())
    owner_officer = fields.String(allow_none=True)
    owner_team = fields.String(allow_none=True)
    ends_on = Day(allow_none=True)
    return_at = Moment(allow_none=True)
    because = fields.Dict()
    suspended_for = one_of(Paused, allow_none=True)
    conditions = fields.List(fields.Dict())
    are_conditions_enforceable = fields.Boolean()
    extensions = fields.List(fields.Dict())
    suspensions = fields.List(fields.Dict())
    want_id = fields.UUID(allow_none=True)
    failed_at = Moment(allow_none=True)
    answered_at = Moment(allow_none=True)
    released_at = Moment(allow_none=True)
    has_lapsed = fields.Boolean()
    last_reviewed_at = Moment(allow_none=True)
    last_inspector_review_at = Moment(allow_none=True)
    review_due_at = Moment(allow_none=True)
    inspector_review_due_at = Moment(allow_none=True)
    due_at = Moment(allow_none=True)
    overdue = fields.List(fields.String())
    outcome = one_of(Outcome, allow_none=True)
    outcome_at = Moment(allow_none=True)
    outcome_reason = fields.String(allow_none=True)
    recorded_at = Moment()
    updated_at = Moment()
    version = fields.Integer()
