"""Payloads of orders."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from offenders.api.schemas.fields import (
    AsAtQuery,
    Day,
    Moment,
    PageQuery,
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
    Monitoring,
    State,
)
from offenders.domain.orders.conditions import CATEGORIES, KINDS
from offenders.domain.orders.reporting import GROUPS
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


class _Filters(AsAtQuery):
    """What orders are looked for by."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    type = OrderType()
    state = one_of(State)
    monitoring = one_of(Monitoring)
    monitored_by = code(metadata={"description": "`none` asks for orders put to nobody."})
    person_id = fields.UUID(error_messages={"invalid_uuid": "Send the person's id."})
    owner = code()
    team = code()
    enforceable = Truth(metadata={"description": "Orders that bind now."})
    review_overdue = Truth()
    check_overdue = Truth()
    expires_before = Day(metadata={"description": "Orders that bind now and end before this day."})
    in_force_on = Day(metadata={"description": "Orders that bound at the end of this day."})
    applied_from = Day()
    applied_to = Day()
    granted_from = Day()
    granted_to = Day()
    refused_from = Day()
    refused_to = Day()
    breached_from = Day()
    breached_to = Day()


class OrderQuery(_Filters, PageQuery):
    """Filters of the list of orders."""


class Groups(Text):
    """One or several things to group by, with commas."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        names = super()._deserialize(value, attr, data, **kwargs).split(",")
        if not set(names) <= set(GROUPS) or len(set(names)) < len(names):
            message = f"Send one or several of {', '.join(GROUPS)}, each once, with commas."
            raise ValidationError(message)
        return names


class OrderCountsQuery(_Filters):
    """Which orders to count, and by what."""

    group_by = Groups(
        200, metadata={"description": f"One or several, with commas: {', '.join(GROUPS)}."}
    )


class OrderCountsAnswer(Schema):
    """Counts of a moment, each with the list of its rows."""

    as_at = Moment()
    counts = fields.List(fields.Dict())


class OrderBreachQuery(PageQuery, AsAtQuery):
    """Filters of the list of breaches."""

    lpa = code()
    neighbourhood = code()
    type = OrderType()
    order = code(metadata={"description": "Id or reference of the order."})
    person_id = fields.UUID(error_messages={"invalid_uuid": "Send the person's id."})
    state = one_of(["unactioned", "actioned", "reviewed"])
    action = one_of(Action)
    from_ = Day(data_key="from", attribute="from")
    to = Day()


class OrderReportQuery(AsAtQuery):
    """The days to report, or a moment: the year to its day, as it was known then."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    type = OrderType()
    from_on = Day(data_key="from", metadata={"description": "First day; a year unless told."})
    to_on = Day(data_key="to", metadata={"description": "Last day; today unless told."})


class OrderReportAnswer(Schema):
    """What became of orders in a period, by type, area and month, each number with its list."""

    from_ = fields.Date(data_key="from")
    to = fields.Date()
    as_at = Moment(allow_none=True)
    force = fields.String()
    by_type = fields.Dict()
    by_area = fields.List(fields.Dict())
    by_month = fields.List(fields.Dict())
    total = fields.Dict()


class OrderHistoryQuery(AsAtQuery, PageQuery):
    """The log of an order."""


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
    open_want = Truth()
    risk = one_of(Risk)
    risk_rationale = prose()


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


class OrderClauseQuery(PageQuery):
    """Filters of the library."""

    type = OrderType()
    kind = one_of(KINDS)
    category = one_of(CATEGORIES)
    code = code()


class OrderClauseBody(Schema):
    """A wording to be used again."""

    code = code(required=True)
    type = OrderType(allow_none=True)
    kind = one_of(KINDS, load_default="prohibition")
    category = one_of(CATEGORIES, load_default="other")
    text = Text(2000, shortest=1, required=True)
    guidance = prose(allow_none=True)


class OrderClauseAnswer(Schema):
    """A clause, and how often courts took or refused it."""

    id = fields.UUID()
    code = fields.String()
    type = fields.String(allow_none=True)
    kind = fields.String()
    category = fields.String()
    text = fields.String()
    guidance = fields.String(allow_none=True)
    granted = fields.Integer()
    refused = fields.Integer()
    recorded_by = fields.String()
    recorded_at = Moment()


class OrderAnswer(Schema):
    """An order as the reader may see it; `masked` names what they may not."""

    id = fields.UUID()
    reference = fields.String()
    force = fields.String()
    person_id = fields.UUID()
    person = fields.Dict()
    type = fields.String()
    type_name = fields.String()
    state = one_of(State)
    enforceable = fields.Boolean(metadata={"description": "It binds now."})
    interim = fields.Boolean()
    with_custody = fields.Boolean()
    applied_on = fields.Date(allow_none=True)
    decided_on = fields.Date(allow_none=True)
    made_on = fields.Date(allow_none=True)
    in_force_on = fields.Date(allow_none=True)
    expires_on = fields.Date(allow_none=True)
    ended_on = fields.Date(allow_none=True)
    ending = fields.String(allow_none=True)
    end_reason = fields.String(allow_none=True)
    court = fields.String(allow_none=True)
    court_reference = fields.String(allow_none=True)
    authorised_rank = fields.String(allow_none=True)
    served_at = Moment(allow_none=True)
    hearing_due_at = Moment(allow_none=True)
    notice_id = fields.UUID(allow_none=True)
    conditions = fields.List(fields.Dict())
    instruction = fields.String(allow_none=True)
    breach_offence_code = fields.String(allow_none=True)
    monitored_by = fields.String(allow_none=True)
    monitoring = one_of(Monitoring)
    accepted_by = fields.String(allow_none=True)
    accepted_on = fields.Date(allow_none=True)
    lpa = fields.String(allow_none=True)
    neighbourhood = fields.String(allow_none=True)
    owner_officer = fields.String(allow_none=True)
    owner_team = fields.String(allow_none=True)
    because = fields.Dict()
    varied_on = fields.Date(allow_none=True)
    last_reviewed_on = fields.Date(allow_none=True)
    last_checked_on = fields.Date(allow_none=True)
    statutory_review_on = fields.Date(allow_none=True)
    review_due_on = fields.Date(allow_none=True)
    check_due_on = fields.Date(allow_none=True)
    overdue = fields.List(fields.String())
    breaches = fields.List(fields.Dict())
    masked = fields.List(fields.String())
    recorded_at = Moment()
    updated_at = Moment()
    version = fields.Integer()
