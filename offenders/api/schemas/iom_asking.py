"""What lists, counts and reports of integrated offender management are asked."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from offenders.api.schemas.fields import (
    AsAtQuery,
    Day,
    PageQuery,
    PastDay,
    Text,
    Truth,
    code,
    one_of,
)
from offenders.api.schemas.iom import SCHEMES
from offenders.api.schemas.wanted import DayOrMoment
from offenders.domain.iom.rules import (
    Cohort,
    ExitReason,
    ManagedBy,
    NominationState,
    Rating,
    Risk,
    Theme,
)
from offenders.domain.iom.service import GROUPS


class IomMeetingsQuery(PageQuery, AsAtQuery):
    """Filters of the list of meetings."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    decides = Truth()


class IomNominationsQuery(PageQuery, AsAtQuery):
    """Filters of the list of nominations."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    scheme = one_of(SCHEMES)
    cohort = one_of(Cohort)
    theme = one_of(Theme)
    agency = code()
    state = one_of(NominationState)
    person_id = fields.UUID(error_messages={"invalid_uuid": "Send the person's id."})


class IomMemberFilters(AsAtQuery):
    """Filters of members; active ones unless `state` says otherwise."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    state = one_of(["active", "exited", "all"])
    scheme = one_of(SCHEMES)
    stage = code()
    cohort = one_of(Cohort)
    theme = one_of(Theme)
    rating = one_of(Rating)
    risk = one_of([*Risk, "none"])
    catch_and_convict = Truth()
    lead_agency = code()
    lead_officer = code()
    lead_team = code()
    managed_by = one_of(ManagedBy)
    support_officer = code()
    review_overdue = Truth()
    intervention = code(metadata={"description": "Members who had an intervention of this type."})
    exit_reason = one_of(ExitReason)
    person_id = fields.UUID(error_messages={"invalid_uuid": "Send the person's id."})
    joined_from = Day()
    joined_to = Day()
    exited_from = DayOrMoment()
    exited_to = DayOrMoment(ends=True)

    @post_load
    def name_ends(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Call an end what it is: the moment before which."""
        if "exited_to" in data:
            data["exited_before"] = data.pop("exited_to")
        return data


class IomMembersQuery(PageQuery, IomMemberFilters):
    """Filters of the list of members."""


class IomMemberCountsQuery(IomMemberFilters):
    """Filters of counts, and what they are grouped by."""

    group_by = one_of(GROUPS)


class IomScoreQuery(Schema):
    """The day for which to score; today unless told."""

    on = PastDay()


class IomEvaluationQuery(Schema):
    """Whom to evaluate, by the day of joining; and over how many days before and after."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    scheme = one_of(SCHEMES)
    cohort = one_of(Cohort)
    theme = one_of(Theme)
    from_on = Day(data_key="from", metadata={"description": "Who joined from this day on."})
    to_on = Day(data_key="to", metadata={"description": "Who joined up to this day."})
    window_days = fields.Integer(
        strict=False,
        validate=validate.Range(30, 1096, error="Send 30 to 1096."),
        metadata={"description": "Days before and after; the policy's unless told."},
    )
    people = Truth(metadata={"description": "Add each member's windows as counted."})


class IomReportQuery(Schema):
    """A period, both days included: the year to today unless told."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    scheme = one_of(SCHEMES)
    cohort = one_of(Cohort)
    from_on = Day(data_key="from")
    to_on = PastDay(data_key="to")
