"""Payloads of orders."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from offenders.api.schemas.fields import (
    Day,
    PastDay,
    PastMoment,
    Text,
    Truth,
    code,
    name,
    one_of,
    prose,
)
from offenders.api.schemas.wanted import ActionBody
from offenders.domain.orders.cases import (
    RANKS,
    TYPES,
    Action,
    CheckResult,
    Ending,
    State,
)
from offenders.domain.orders.conditions import CATEGORIES, KINDS
from offenders.domain.wanted.rules import Risk

MOST_CONDITIONS = 50
_BY_FOLDED = {each.lower(): each for each in TYPES}


class OrderType(fields.String):
    """The code of a type of order, in whatever case."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        written = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        found = _BY_FOLDED.get(written.lower())
        if found is None:
            message = f"Send one of {', '.join(TYPES)}."
            raise ValidationError(message)
        return found


class OrderConditionBody(Schema):
    """A prohibition or requirement: what, where, protecting whom, when, until when."""

    kind = one_of(KINDS)
    category = one_of(CATEGORIES)
    text = Text(2000, shortest=1)
    place = Text(500, shortest=1, allow_none=True)
    person = Text(
        200,
        shortest=3,
        allow_none=True,
        metadata={"description": "Whom it protects; shown only to those who may know."},
    )
    person_id = code(allow_none=True, metadata={"description": "The same, of a person on record."})
    time = Text(200, shortest=1, allow_none=True)
    clause = code(allow_none=True, metadata={"description": "Id or code of a library clause."})
    enforceable = Truth(
        metadata={"description": "May be enforced on the street; true unless told."}
    )
    until = Day(allow_none=True, metadata={"description": "Its last day, where not that of all."})

    @validates_schema
    def check_person(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Refuse two names for one person."""
        if data.get("person") and data.get("person_id"):
            raise ValidationError({"person": ["Send person or person_id, not both."]})


class Condition(fields.Field[dict[str, Any]]):
    """A condition as text, or with all that it says."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_kwargs: Any) -> Any:
        del attr, data
        return OrderConditionBody().load({"text": value} if isinstance(value, str) else value)


def _conditions(**kwargs: Any) -> fields.List[Any]:
    most = validate.Length(max=MOST_CONDITIONS, error=f"Send at most {MOST_CONDITIONS}.")
    return fields.List(Condition(), validate=most, **kwargs)


class _OrderFields(Schema):
    """What may be said of an order on entry and later."""

    applied_on = PastDay(allow_none=True)
    made_on = PastDay(allow_none=True)
    in_force_on = Day(
        allow_none=True,
        metadata={"description": "First day on which it binds; `made_on` unless told."},
    )
    expires_on = Day(
        allow_none=True, metadata={"description": "Last day; without, until further order."}
    )
    court = name(allow_none=True)
    court_reference = code(allow_none=True)
    served_at = PastMoment(allow_none=True)
    instruction = prose(
        allow_none=True, metadata={"description": "What an officer does who meets the person."}
    )
    monitored_by = code(
        allow_none=True, metadata={"description": "The force, region, team or officer asked."}
    )
    lpa = code(allow_none=True)
    neighbourhood = code(allow_none=True)
    owner_officer = code(allow_none=True)
    owner_team = code(allow_none=True)


class OrderBody(_OrderFields):
    """An application for an order, an order that was made, or a notice that was given."""

    person_id = code(required=True, metadata={"description": "Id or reference of the person."})
    type = OrderType(required=True)
    state = one_of([State.APPLIED, State.GRANTED, State.REFUSED, State.WITHDRAWN, State.IN_FORCE])
    decided_on = PastDay(allow_none=True)
    interim = Truth()
    with_custody = Truth(
        metadata={"description": "Football banning: made with immediate imprisonment."}
    )
    authorised_rank = one_of(RANKS, metadata={"description": "Who gave the notice."})
    notice_id = code(allow_none=True, metadata={"description": "The notice that this follows."})
    conditions = _conditions()
    accepted_by = code(allow_none=True)
    accepted_on = PastDay(allow_none=True)


class OrderPatch(_OrderFields):
    """Changes to what is recorded of an order; the court's own are decisions and variations."""

    reason = prose(metadata={"description": "Why owner or monitoring move."})

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def refuse_others(self, _data: Any, original: Any, **_kwargs: Any) -> None:
        """Say where these are changed."""
        places = {
            "conditions": "Change conditions by POST …/conditions or …/variations.",
            "state": "The state follows the court: POST …/decisions, …/variations, …/discharges.",
            "accepted_by": "Whoever takes it on accepts by POST …/acceptances.",
        }
        for field in set(places) & set(original):
            raise ValidationError({field: [places[field]]})


class OrderDecisionBody(ActionBody):
    """What the court decided upon an application."""

    decision = one_of([State.GRANTED, State.REFUSED, State.WITHDRAWN], required=True)
    decided_on = PastDay()
    made_on = PastDay()
    in_force_on = Day()
    expires_on = Day(allow_none=True)
    court = name()
    court_reference = code()
    interim = Truth()
    with_custody = Truth()
    conditions = _conditions()
    reason = prose()


class OrderAcceptanceBody(Schema):
    """That the caller, or the team or force that they belong to, takes on the monitoring."""

    accepted_by = code(metadata={"description": "Yourself, your team, agency or force."})
    accepted_on = PastDay()
    note = prose()


class OrderConditionsBody(Schema):
    """The conditions of the order, whole, in place of those recorded."""

    conditions = _conditions(required=True)
    reason = prose()


class OrderReviewBody(ActionBody):
    """The review of an order."""

    reviewed_on = PastDay()
    decision = one_of(["continue", "seek_variation", "seek_discharge", "seek_new_order"])
    text = prose()
    with_ = prose(
        data_key="with", attribute="with", metadata={"description": "With whom it was held."}
    )


class OrderCheckBody(ActionBody):
    """A compliance check; `non_compliant` opens a breach in the same transaction."""

    result = one_of(CheckResult, required=True)
    checked_on = PastDay()
    condition_id = code()
    text = prose()


class OrderBreachBody(ActionBody):
    """A breach; `open_want` where the person was not arrested for it."""

    condition_id = code(allow_none=True)
    details = prose(allow_none=True)
    found_how = Text(200, shortest=1)
    offence_code = code(metadata={"description": "That of the type unless told."})
    crime_reference = code(allow_none=True)
    investigated_by = code(metadata={"description": "The unit that investigates."})
    action = one_of(Action)
    action_at = PastMoment()
    action_reason = prose()
    open_want = Truth()
    risk = one_of(Risk)
    risk_rationale = prose()


class OrderBreachActionBody(ActionBody):
    """What was done about a breach."""

    action = one_of(Action, required=True)
    reason = prose()
    open_want = Truth()
    risk = one_of(Risk)
    risk_rationale = prose()


class OrderBreachReviewBody(ActionBody):
    """The management review of a breach: what it teaches."""

    learning = prose(required=True)
    action = one_of(Action, metadata={"description": "What was done, where not yet recorded."})
    action_at = PastMoment()
    action_reason = prose()


class OrderVariationBody(ActionBody):
    """What the court changed."""

    varied_on = PastDay()
    expires_on = Day(allow_none=True)
    conditions = _conditions()
    court = name()
    reason = prose()


class OrderDischargeBody(ActionBody):
    """The end of an order before its last day."""

    ended_on = PastDay()
    ending = one_of(Ending, load_default=Ending.DISCHARGED)
    reason = prose()


class OrderClauseBody(Schema):
    """A wording to be used again."""

    code = code(required=True)
    type = OrderType(allow_none=True)
    kind = one_of(KINDS, load_default="prohibition")
    category = one_of(CATEGORIES, load_default="other")
    text = Text(2000, shortest=1, required=True)
    guidance = prose(allow_none=True)
