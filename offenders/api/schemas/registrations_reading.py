"""Queries of registrations, and what they answer."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, post_load

from offenders.api.schemas.fields import (
    AsAtQuery,
    Day,
    Days,
    Moment,
    PageQuery,
    PastDay,
    Text,
    Truth,
    code,
    one_of,
)
from offenders.domain.registrations.cases import (
    ACTION_KINDS,
    Determination,
    Management,
    Outcome,
    Risk,
    State,
)
from offenders.domain.registrations.law import Disposal
from offenders.domain.registrations.service import COUNTS, GROUPS


class RegistrationQuery(PageQuery, AsAtQuery):
    """Filters of the list; without `state` registrations of every state."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    state = one_of([*State, "open", "all"], metadata={"description": "`open`: not closed."})
    risk = one_of([*Risk, "none"])
    management = one_of(Management)
    disposal = one_of(Disposal)
    person_id = fields.UUID(error_messages={"invalid_uuid": "Send the person's id."})
    owner = code()
    team = code()
    visit_overdue = Truth()
    notification_overdue = Truth()
    arms_overdue = Truth()

    @post_load
    def give_defaults(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Read `all`."""
        if data.get("state") == "all":
            del data["state"]
        return data


class RegistrationCountsQuery(RegistrationQuery):
    """Filters of the counts: of open registrations unless told."""

    group_by = one_of(GROUPS)

    class Meta:
        """Counts have no pages."""

        exclude = ("limit", "cursor", "count")

    @post_load
    def give_defaults(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Count what is open unless told."""
        if data.get("state") == "all":
            del data["state"]
        else:
            data.setdefault("state", "open")
        return data


class RegistrationReportQuery(Days):
    """A period of whole days, both included, and an area."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    from_on = Day(data_key="from", metadata={"description": "A year before `to` unless told."})
    to_on = PastDay(data_key="to", metadata={"description": "Today unless told."})


class RegistrationRecordsQuery(RegistrationReportQuery):
    """Which count's rows."""

    count_of = one_of(COUNTS, required=True)
    limit = PageQuery().fields["limit"]
    cursor = PageQuery().fields["cursor"]


class RegistrationReport(Schema):
    """What happened in a period, and who was registered at its end."""

    from_on = Day(data_key="from")
    to_on = Day(data_key="to")
    newly_registered = fields.Dict()
    events = fields.Dict()
    ended = fields.Dict()
    registered = fields.Raw(metadata={"description": "Counts by risk, or `no_data`."})


class RegistrationHistoryQuery(AsAtQuery):
    """The log of a registration."""

    kind = one_of(ACTION_KINDS)
    limit = PageQuery().fields["limit"]
    cursor = PageQuery().fields["cursor"]


class RegistrationCounts(Schema):
    """Counts of people, each with the query that returns them."""

    as_at = Moment()
    counts = fields.List(fields.Dict())
    headline = fields.Dict()


class RegistrationAnswer(Schema):
    """A registration as it stands; `masked` names what the reader may not see."""

    id = fields.UUID()
    reference = fields.String()
    force = fields.String()
    person_id = fields.UUID()
    person = fields.Dict()
    state = one_of(State)
    risk = one_of(Risk, allow_none=True)
    local_summary = fields.String(allow_none=True)
    lpa = fields.String(allow_none=True)
    neighbourhood = fields.String(allow_none=True)
    offender_manager = fields.String(allow_none=True)
    owner_officer = fields.String(allow_none=True)
    owner_team = fields.String(allow_none=True)
    masked = fields.List(fields.String())
    disposals = fields.List(fields.Dict(), allow_none=True)
    starts_on = Day(allow_none=True)
    relevant_date = Day(allow_none=True)
    disposal = one_of(Disposal, allow_none=True)
    notification_indefinite = fields.Boolean(allow_none=True)
    notification_ends_on = Day(allow_none=True)
    because = fields.Dict(allow_none=True)
    risk_since = Day(allow_none=True)
    management = one_of(Management, allow_none=True)
    reactive_review_due_on = Day(allow_none=True)
    absences = fields.List(fields.Dict(), allow_none=True)
    travel = fields.List(fields.Dict(), allow_none=True)
    has_no_fixed_abode = fields.Boolean(allow_none=True)
    first_notified_on = Day(allow_none=True)
    last_notified_on = Day(allow_none=True)
    notification_stage = fields.String(allow_none=True)
    notification_section = fields.String(allow_none=True)
    notification_due_on = Day(allow_none=True)
    notification_overdue = fields.Boolean(allow_none=True)
    last_seen_on = Day(allow_none=True)
    failed_visits = fields.Integer(allow_none=True)
    visit_planned_for = Day(allow_none=True)
    visit_months = fields.Integer(allow_none=True)
    visit_due_on = Day(allow_none=True)
    visit_overdue = fields.Boolean(allow_none=True)
    last_arms_on = Day(allow_none=True)
    arms_priority = one_of(Risk, allow_none=True)
    arms_due_on = Day(allow_none=True)
    arms_overdue = fields.Boolean(allow_none=True)
    review_applied_on = Day(allow_none=True)
    review_determined_on = Day(allow_none=True)
    review_determination = one_of(Determination, allow_none=True)
    next_review_on = Day(allow_none=True)
    is_withheld_locally = fields.Boolean(allow_none=True)
    outcome = one_of(Outcome, allow_none=True)
    outcome_at = Moment(allow_none=True)
    outcome_reason = fields.String(allow_none=True)
    outcome_details = fields.Dict(allow_none=True)
    recorded_at = Moment()
    updated_at = Moment()
    version = fields.Integer()
