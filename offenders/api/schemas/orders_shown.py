"""What is asked of orders, and what is shown of them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields

from offenders.api.schemas.fields import (
    AsAtQuery,
    Day,
    Moment,
    PageQuery,
    Text,
    Truth,
    code,
    one_of,
)
from offenders.api.schemas.orders import OrderType
from offenders.domain.orders.cases import Action, Monitoring, State
from offenders.domain.orders.conditions import CATEGORIES, KINDS
from offenders.domain.orders.reporting import GROUPS


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
    """What became of orders in a period, by type, area and month, each number with its list.

    A part that can't be known says `no_data`.
    """

    from_ = fields.Date(data_key="from")
    to = fields.Date()
    as_at = Moment(allow_none=True)
    force = fields.String()
    by_type = fields.Raw()
    by_area = fields.Raw()
    by_month = fields.Raw()
    total = fields.Raw()


class OrderHistoryQuery(AsAtQuery, PageQuery):
    """The log of an order."""


class OrderClauseQuery(PageQuery):
    """Filters of the library."""

    type = OrderType()
    kind = one_of(KINDS)
    category = one_of(CATEGORIES)
    code = code()


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
    power_of_arrest = fields.String()
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
