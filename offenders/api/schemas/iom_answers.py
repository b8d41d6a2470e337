"""Answers of integrated offender management."""

from __future__ import annotations

from marshmallow import Schema, fields

from offenders.api.schemas.fields import Day, Moment, one_of
from offenders.api.schemas.iom import SCHEMES
from offenders.domain.iom.rules import (
    Cohort,
    ExitReason,
    ManagedBy,
    NominationState,
    Rating,
    Risk,
    Theme,
)


class IomNominationAnswer(Schema):
    """A nomination with its decisions, and the membership that one of them made."""

    id = fields.UUID()
    reference = fields.String()
    force = fields.String()
    person_id = fields.UUID()
    person = fields.Dict(allow_none=True)
    scheme = one_of(SCHEMES)
    cohort = one_of(Cohort)
    theme = one_of(Theme)
    agency = fields.String()
    reason = fields.String()
    arrested_at = Moment(allow_none=True)
    lpa = fields.String(allow_none=True)
    neighbourhood = fields.String(allow_none=True)
    owner_officer = fields.String(allow_none=True)
    owner_team = fields.String(allow_none=True)
    handovers = fields.List(fields.Dict())
    state = one_of(NominationState)
    nominated_at = Moment()
    decide_by = Moment()
    overdue = fields.Boolean()
    decided_at = Moment(allow_none=True)
    decisions = fields.List(fields.Dict())
    member_id = fields.UUID(allow_none=True)
    masked = fields.List(fields.String())
    recorded_by = fields.String()
    recorded_at = Moment()
    updated_at = Moment()
    version = fields.Integer()


class IomMemberAnswer(Schema):
    """A membership with its decision, ratings, plan and log, as the reader may see them."""

    id = fields.UUID()
    reference = fields.String()
    force = fields.String()
    person_id = fields.UUID()
    person = fields.Dict()
    state = one_of(["active", "exited"])
    scheme = one_of(SCHEMES)
    stage = fields.String(allow_none=True)
    facts = fields.Dict(allow_none=True)
    cohort = one_of(Cohort)
    theme = one_of(Theme)
    further_themes = fields.List(fields.String())
    rating = one_of(Rating)
    rated_at = Moment()
    risk = one_of(Risk, allow_none=True)
    risk_rationale = fields.String(allow_none=True)
    lead_agency = fields.String()
    lead_officer = fields.String(allow_none=True)
    lead_team = fields.String(allow_none=True)
    managed_by = one_of(ManagedBy)
    support_officer = fields.String(allow_none=True)
    lpa = fields.String(allow_none=True)
    neighbourhood = fields.String(allow_none=True)
    catch_and_convict = fields.Boolean()
    catch_and_convict_governance = fields.Dict(allow_none=True)
    pathways = fields.List(fields.Dict(), allow_none=True)
    objectives = fields.String(allow_none=True)
    expectations_explained_at = Moment(allow_none=True)
    joined_on = Day()
    last_reviewed_at = Moment(allow_none=True)
    review_due_at = Moment()
    review_overdue = fields.Boolean()
    exited_at = Moment(allow_none=True)
    exit_reason = one_of(ExitReason, allow_none=True)
    exit_rationale = fields.String(allow_none=True)
    what_worked = fields.String(allow_none=True)
    decision = fields.Dict(allow_none=True)
    ratings = fields.List(fields.Dict(), metadata={"description": "BRAG as a dated history."})
    actions = fields.List(fields.Dict(), allow_none=True)
    log = fields.List(fields.Dict(), allow_none=True)
    masked = fields.List(fields.String())
    recorded_by = fields.String()
    recorded_at = Moment()
    updated_at = Moment()
    version = fields.Integer()


class IomMemberCountsAnswer(Schema):
    """Members and people counted at a moment, each count with a link to its rows."""

    as_at = Moment()
    counts = fields.List(fields.Dict())
    headline = fields.Dict()


class IomScoreAnswer(Schema):
    """A score with all from which it can be worked out by hand."""

    member_id = fields.UUID()
    reference = fields.String()
    score = fields.Float()
    out_of = fields.Float()
    scored_on = Day()
    counted_from = Day()
    formula = fields.String()
    factors = fields.List(fields.Dict())
    offences = fields.List(fields.Dict())
    sources = fields.Dict(metadata={"description": "Where offences and risk come from."})
    figures = fields.List(fields.Dict(), metadata={"description": "Every weight, with its source."})


class IomEvaluationAnswer(Schema):
    """Rates before, during and after with their intervals, the comparison, and the method."""

    members = fields.Integer(metadata={"description": "People, each once."})
    memberships = fields.Integer()
    window_days = fields.Integer()
    as_at = Day()
    windows = fields.Dict(metadata={"description": "`before`, `during`, `after`."})
    during_against_before = fields.Dict()
    after_against_before = fields.Dict()
    warning = fields.String(metadata={"description": "On regression to the mean."})
    limits = fields.List(fields.String())
    method = fields.Dict()
    sources = fields.Dict()
    figures = fields.List(fields.Dict())
    people = fields.List(fields.Dict(), allow_none=True)
    masked = fields.List(fields.String())


class IomCohortReportAnswer(Schema):
    """The cohort over time and its mix; `no_data` where nobody ever joined."""

    from_on = Day(data_key="from")
    to_on = Day(data_key="to")
    members = fields.Raw()
    catch_and_convict = fields.Integer()
    catch_and_convict_percent = fields.Float(allow_none=True)
    led_by_neighbourhood = fields.Integer()
    neighbourhood_without_support = fields.Integer()
    review_overdue = fields.Integer()
    over_time = fields.Raw()
    mix = fields.Raw()
    exits = fields.Raw()
    caseload = fields.Raw()
    nominations = fields.Raw()
    method = fields.Dict()
