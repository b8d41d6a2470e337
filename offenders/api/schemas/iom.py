"""Payloads of integrated offender management."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from offenders.api.schemas.fields import (
    Day,
    Moment,
    PastDay,
    PastMoment,
    Text,
    Truth,
    code,
    name,
    one_of,
    prose,
)
from offenders.api.schemas.wanted import ActionBody, HandoverBody
from offenders.domain.iom.rules import (
    RELATIONS,
    TAG_EVENTS,
    TAG_TYPES,
    Cohort,
    Decision,
    ExitReason,
    ManagedBy,
    Pathway,
    Rating,
    ReviewDecision,
    Risk,
    Theme,
)
from offenders.domain.iom.schemes import all_schemes

SCHEMES = tuple(all_schemes())
MOST = 50  # entries of a list in a body
_PANEL_OUTCOMES = (Decision.ACCEPTED, Decision.REFUSED, Decision.DEFERRED)
_LEVELS = ("none", "low", "medium", "high")


class Fact(fields.Field[Any]):
    """A fact of a case: true, false, or text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_kwargs: Any) -> Any:
        if isinstance(value, bool):
            return value
        return Text(200, shortest=1).deserialize(value, attr, data)


def _many(field: Any, **kwargs: Any) -> fields.List[Any]:
    most = validate.Length(max=MOST, error=f"Send at most {MOST}.")
    return fields.List(field, validate=most, **kwargs)


class IomAttendeeBody(Schema):
    """Somebody at a meeting or on a panel, for an agency."""

    agency = code(required=True, metadata={"description": "A code of the list of agencies."})
    name = name(allow_none=True, metadata={"description": "Who, or a post."})


class IomMeetingBody(Schema):
    """A multi-agency meeting; one that decides needs police, probation and housing."""

    held_at = PastMoment()
    lpa = code(allow_none=True)
    neighbourhood = code(allow_none=True)
    chair = name(required=True)
    chair_agency = code(required=True)
    attendance = _many(fields.Nested(IomAttendeeBody), required=True)
    decides = Truth(load_default=True)
    notes = prose(allow_none=True)


class IomAttendanceBody(Schema):
    """Who came for an agency of the meeting; a partner's own unless told."""

    agency = code(metadata={"description": "That of the caller's token, if it has one."})
    name = name(allow_none=True, metadata={"description": "Who, or a post."})
    attended = Truth(load_default=True)


class IomMeetingAnswer(IomMeetingBody):
    """A meeting as it is recorded."""

    attendance_told = fields.List(
        fields.Dict(), metadata={"description": "As agencies told it later; no part of the quorum."}
    )
    id = fields.UUID()
    reference = fields.String()
    force = fields.String()
    agencies = fields.List(fields.String())
    has_quorum = fields.Boolean()
    missing = fields.List(fields.String())
    decisions = fields.Integer()
    actions_carried_over = fields.List(
        fields.Dict(), metadata={"description": "Open actions of the area, put to this meeting."}
    )
    recorded_by = fields.String()
    recorded_at = Moment()
    version = fields.Integer()


class IomNominationBody(ActionBody):
    """Somebody put forward by an agency: that of the caller's token, or the one named."""

    person_id = code(required=True, metadata={"description": "Id or reference of the person."})
    scheme = one_of(SCHEMES, load_default="iom")
    cohort = one_of(Cohort)
    theme = one_of(Theme, required=True)
    agency = code()
    reason = prose(required=True)
    arrested_at = PastMoment(
        metadata={"description": "The arrest behind the nomination, where the scheme asks."}
    )
    lpa = code(allow_none=True)
    neighbourhood = code(allow_none=True)
    owner_officer = code(allow_none=True)
    owner_team = code(allow_none=True)


class IomHandoverBody(HandoverBody):
    """A new owner of a nomination, officer or team, and why."""


class IomPathwayBody(Schema):
    """A need behind the offending."""

    pathway = one_of(Pathway, required=True)
    need = one_of(_LEVELS, required=True)
    notes = prose(allow_none=True)


class _MemberFields(Schema):
    """What may be said of a membership when it is made and later."""

    cohort = one_of(Cohort)
    theme = one_of(Theme)
    further_themes = _many(one_of(Theme))
    risk = one_of(Risk)
    risk_rationale = prose()
    lead_agency = code()
    lead_officer = code(allow_none=True)
    lead_team = code(allow_none=True)
    managed_by = one_of(ManagedBy)
    support_officer = code(allow_none=True)
    pathways = _many(fields.Nested(IomPathwayBody))
    objectives = prose(allow_none=True)
    expectations_explained_at = PastMoment(allow_none=True)

    @validates_schema
    def refuse_two_leads(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """One lead, officer or team."""
        if data.get("lead_officer") and data.get("lead_team"):
            raise ValidationError({"lead_team": ["Name one lead: an officer or a team, not both."]})


class IomDecisionBody(_MemberFields, ActionBody):
    """What the panel decided and why; accepted takes what the membership begins with."""

    outcome = one_of(_PANEL_OUTCOMES, required=True)
    rationale = prose(required=True)
    panel = _many(fields.Nested(IomAttendeeBody))
    meeting_id = code()
    deferred_until = Day()
    rating = one_of(Rating)
    joined_on = PastDay()
    facts = fields.Dict(
        keys=Text(60, shortest=1),
        values=Fact(),
        validate=validate.Length(max=MOST),
        metadata={"description": "What selection for the scheme needs, e.g. judge and court."},
    )


class IomMemberPatch(_MemberFields):
    """Changes to a membership; another lead or risk needs its reason."""

    lpa = code(allow_none=True)
    neighbourhood = code(allow_none=True)
    reason = prose(metadata={"description": "Why the lead is handed over."})

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def refuse_others(self, _data: Any, original: Any, **_kwargs: Any) -> None:
        """Say where these are changed."""
        elsewhere = {"rating": "ratings", "stage": "stages", "catch_and_convict": ""}
        for field, rule in elsewhere.items():
            if field in original:
                path = rule or "catch-and-convict"
                raise ValidationError({field: [f"Change this by POST …/{path}, with a reason."]})


class IomRatingBody(ActionBody):
    """Another BRAG rating and why."""

    rating = one_of(Rating, required=True)
    reason = prose(required=True)
    meeting_id = code()


class IomContributionBody(Schema):
    """What an agency brought to a review."""

    agency = code(required=True)
    text = prose(required=True)


class IomReviewBody(ActionBody):
    """A review of a member with each agency's part."""

    decision = one_of(ReviewDecision, required=True)
    rationale = prose(required=True)
    contributions = _many(fields.Nested(IomContributionBody))
    meeting_id = code()


class IomPlanActionBody(ActionBody):
    """An action of the plan: one owner, an agency, a day."""

    text = prose(required=True)
    pathway = one_of(Pathway, allow_none=True)
    agency = code()
    owner = code(required=True)
    due_on = Day(required=True)


class IomPlanActionEndBody(ActionBody):
    """How an action of the plan ended."""

    state = one_of(["done", "cancelled"], load_default="done")
    outcome = prose(required=True)


class IomInterventionBody(ActionBody):
    """An intervention or referral."""

    type = code(required=True)
    pathway = one_of(Pathway, allow_none=True)
    provider = name(allow_none=True)
    started_on = Day(allow_none=True)
    ended_on = Day(allow_none=True)
    outcome = prose(allow_none=True)
    notes = prose(allow_none=True)


class IomDrugTestBody(ActionBody):
    """A drug test."""

    substance = code(required=True)
    result = one_of(["positive", "negative", "refused", "not_attended"], required=True)
    notes = prose(allow_none=True)


class IomTagBody(ActionBody):
    """What happened with a tag."""

    type = one_of(TAG_TYPES, required=True)
    event = one_of(TAG_EVENTS, required=True)
    notes = prose(allow_none=True)


class IomConvictBody(ActionBody):
    """Catch and convict put in force, by whom and until when; or ended."""

    state = one_of(["in_force", "ended"], load_default="in_force")
    reason = prose(required=True)
    authorised_by = code()
    until = Day()
    review_on = Day()


class IomStageBody(ActionBody):
    """The next stage of a scheme that has stages; `breach` where conditions were broken."""

    stage = code(required=True)
    breach = Truth(load_default=False)
    reason = prose(required=True)
    facts = fields.Dict(
        keys=Text(60, shortest=1),
        values=Fact(),
        validate=validate.Length(max=MOST),
    )


class IomRelativeBody(ActionBody):
    """Somebody of the family at risk of being drawn in; held for diversion alone."""

    relation = one_of(RELATIONS, required=True)
    family_name = name(required=True)
    given_names = name(allow_none=True)
    date_of_birth = PastDay(allow_none=True)
    concern = prose(required=True)
    referred_to = name(allow_none=True)
    referred_at = PastMoment(allow_none=True)
    outcome = prose(allow_none=True)


class IomExitBody(ActionBody):
    """Why the membership ends, and what worked."""

    reason = one_of(ExitReason, required=True)
    rationale = prose(required=True)
    what_worked = prose(allow_none=True)
    meeting_id = code()
