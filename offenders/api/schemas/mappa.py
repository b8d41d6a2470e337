"""Payloads of MAPPA."""

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
from offenders.domain.mappa.rules import (
    CATEGORIES,
    LEVELS,
    Criterion,
    Disposal,
    Exit,
    Kind,
    Meeting,
    Risk,
    Stage,
    State,
    StateReason,
)
from offenders.domain.mappa.service import PERIODS

MOST = 50  # entries of one list
MINUTES = 60_000  # characters, within the limit of a body
LONGEST_SENTENCE = 1_200  # months
# Groups at risk, never a person: there is no field in which a victim could be named.
GROUPS_AT_RISK = (
    "children",
    "former_partners",
    "current_partner",
    "family_members",
    "women",
    "men",
    "older_people",
    "vulnerable_adults",
    "public",
    "police",
    "staff",
    "self",
)
_NO_VICTIM = (
    "A local summary has no field for a victim: neighbourhood officers are not told of victims."
    " Say which group is at risk in risk_to."
)


def _number(among: tuple[int, ...], **kwargs: Any) -> fields.Integer:
    listed = ", ".join(map(str, among))
    allowed = validate.OneOf(among, error=f"Send one of {listed}.")
    return fields.Integer(strict=kwargs.pop("strict", True), validate=allowed, **kwargs)


def _list(field: fields.Field[Any], *, least: int = 0, **kwargs: Any) -> fields.List[Any]:
    length = validate.Length(least, MOST, error=f"Send {least} to {MOST}.")
    return fields.List(field, validate=length, **kwargs)


def _lines(**kwargs: Any) -> fields.List[Any]:
    return _list(Text(500, shortest=1), **kwargs)


class _Grounds(Schema):
    """By what a case belongs to its category."""

    risk = one_of(Risk, metadata={"description": "Risk of serious harm."})
    disposal = one_of(Disposal, metadata={"description": "What makes category 2."})
    sentence_months = fields.Integer(
        strict=True, validate=validate.Range(1, LONGEST_SENTENCE, error="Send months.")
    )
    offence_code = code()
    grounds = prose(
        metadata={"description": "Why category 3, potentially dangerous, or a serial abuser."}
    )
    authorised_by = code(metadata={"description": "Who authorised holding without a category."})


class _CaseFields(_Grounds):
    """What may be said of a case on entry and later."""

    state = one_of(State)
    lead_agency = code()
    agencies = _list(code())
    manager = code(metadata={"description": "The named police lead, whichever agency leads."})
    attendee = code(
        metadata={"description": "Who attends for the police; the manager unless told."}
    )
    lpa = code(allow_none=True)
    neighbourhood = code(allow_none=True)


class MappaCaseBody(_CaseFields):
    """A case that is managed from now on, or since `started_on`."""

    person_id = code(required=True, metadata={"description": "Id or reference of the person."})
    kind = one_of(Kind)
    category = _number(CATEGORIES)
    level = _number(LEVELS)
    criteria = _list(one_of(Criterion))
    started_on = PastDay()
    referring_agency = code()
    referral_reason = prose()


class MappaReferralBody(_Grounds):
    """A person referred with a reason, for the co-ordinator to decide."""

    person_id = code(required=True, metadata={"description": "Id or reference of the person."})
    kind = one_of(Kind)
    category = _number(CATEGORIES)
    level = _number(LEVELS)
    criteria = _list(one_of(Criterion))
    state = one_of(State)
    lead_agency = code()
    agencies = _list(code())
    referring_agency = code(load_default="police")
    referral_reason = prose(required=True, data_key="reason")
    occurred_at = PastMoment()
    lpa = code()
    neighbourhood = code()


class MappaDecisionBody(_Grounds):
    """Whether a referral is accepted, which opens the case, or refused."""

    decision = one_of(["accepted", "refused"], required=True)
    reason = prose(required=True)
    category = _number(CATEGORIES)
    level = _number(LEVELS)
    criteria = _list(one_of(Criterion))
    manager = code()
    attendee = code()
    agencies = _list(code())
    started_on = PastDay()
    occurred_at = PastMoment()


class MappaCasePatch(_CaseFields):
    """Changes to a case; a new manager needs `reason`, a level its own request."""

    reason = prose(metadata={"description": "Why the lead changes."})
    state_since = PastMoment()
    state_reason = one_of(StateReason)

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def refuse_others(self, _data: Any, original: Any, **_kwargs: Any) -> None:
        """Say where these are changed."""
        for field in {"level", "category", "criteria"} & set(original):
            raise ValidationError({field: ["Move the case by POST …/levels, with a reason."]})
        for field in {"state_since", "state_reason"} & set(original):
            if "state" not in original:
                raise ValidationError({field: ["Send `state` with it."]})
        for field in {"owner_officer", "owner_team"} & set(original):
            raise ValidationError({field: ["Send manager, with a reason."]})


class MappaCaseQuery(PageQuery, AsAtQuery):
    """Filters of the list of cases; open ones unless told."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    kind = one_of(Kind)
    stage = one_of([*Stage, "all"])
    category = _number(CATEGORIES, strict=False)
    level = _number(LEVELS, strict=False)
    state = one_of(State)
    risk = one_of(Risk)
    lead_agency = code()
    manager = code()
    team = code()
    person_id = fields.UUID(error_messages={"invalid_uuid": "Send the person's id."})
    exit_reason = one_of(Exit)
    meeting_overdue = Truth()
    unconfirmed = Truth(metadata={"description": "Facts of category or level are not stated."})
    on = Day(metadata={"description": "Category and level at the end of this day, as known now."})
    event = one_of(PERIODS, metadata={"description": "What happened between `from` and `to`."})
    from_on = Day(data_key="from")
    to_on = Day(data_key="to")
    event_level = _number(LEVELS, strict=False)

    @validates_schema
    def check_period(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Refuse an event without its period, and what goes by another clock."""
        if "event" in data and not {"from_on", "to_on"} <= set(data):
            raise ValidationError({"event": ["Send `from` and `to` with it."]})
        if "event" not in data and {"from_on", "to_on", "event_level"} & set(data):
            raise ValidationError({"event": ["Say of which event."]})
        if "event" in data and data["to_on"] < data["from_on"]:
            raise ValidationError({"to": ["Send a day not before `from`."]})
        if "as_at" in data and {"on", "event"} & set(data):
            raise ValidationError({"as_at": ["`on` and `event` go by what is known now."]})


class MappaSummariesQuery(PageQuery):
    """Filters of the local summaries."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    person_id = fields.UUID(error_messages={"invalid_uuid": "Send the person's id."})


class MappaLevelBody(Schema):
    """Another level or category from a moment on."""

    level = _number(LEVELS, required=True)
    category = _number(CATEGORIES)
    risk = one_of(Risk)
    criteria = _list(one_of(Criterion))
    disposal = one_of(Disposal)
    sentence_months = fields.Integer(
        strict=True, validate=validate.Range(1, LONGEST_SENTENCE, error="Send months.")
    )
    grounds = prose()
    reason = prose(required=True)
    occurred_at = PastMoment()


class MappaAttendee(Schema):
    """Who attended for an agency, or that it did not."""

    agency = code(required=True)
    attended = Truth(load_default=True)
    name = name(metadata={"description": "Collar number or name of who attended."})
    apologies = Truth()


class MappaActionBody(Schema):
    """An action with one owner and a due time."""

    action = prose(required=True)
    owner_officer = code()
    owner_team = code()
    owner_agency = code()
    due_at = Moment(required=True)


class MappaMeetingBody(Schema):
    """A meeting of level 2 or 3, or a review at level 1."""

    type = one_of(Meeting)
    held_at = PastMoment()
    chair = name()
    attendance = _list(fields.Nested(MappaAttendee), required=True, least=1)
    decisions = _list(prose())
    actions = _list(fields.Nested(MappaActionBody))
    minutes = Text(MINUTES, shortest=1)


class MappaMinutesBody(Schema):
    """The full minutes of a meeting."""

    minutes = Text(MINUTES, shortest=1, required=True)


class MappaPlanBody(Schema):
    """A risk management plan."""

    risks = _lines(required=True, least=1)
    risk_to = _list(one_of(GROUPS_AT_RISK))
    imminence = prose()
    protective_factors = _lines()
    contingency = prose()
    owner_officer = code()
    review_on = Day()
    actions = _list(fields.Nested(MappaActionBody))


class MappaSignOffBody(Schema):
    """A supervisor's sign-off."""

    note = prose()


class MappaActionEndBody(Schema):
    """What came of an action."""

    state = one_of(["done", "not_done"], load_default="done")
    result = prose(required=True)
    occurred_at = PastMoment()


class MappaLocalSummaryBody(Schema):
    """What neighbourhood officers may know; no field is for a victim."""

    risk_to = _list(one_of(GROUPS_AT_RISK), required=True, least=1)
    triggers = _lines()
    what_to_look_for = _lines()
    what_to_do_if_met = Text(1000, shortest=1, required=True)
    licence_conditions = _lines()
    contact = code(metadata={"description": "Collar number or team to tell."})

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def refuse_victims(self, _data: Any, original: Any, **_kwargs: Any) -> None:
        """Say that there is no such field, and why."""
        if not isinstance(original, dict):
            return
        for field in original:
            if "victim" in str(field).casefold():
                raise ValidationError({str(field): [_NO_VICTIM]})


class MappaWithdrawalBody(Schema):
    """Why a local summary is withdrawn."""

    reason = prose(required=True)


class MappaFurtherOffenceBody(Schema):
    """A serious further offence."""

    offence_code = code(required=True)
    crime_reference = code()
    case_review = Truth(metadata={"description": "A serious case review is called for."})
    note = prose()
    occurred_at = PastMoment()


class MappaExitBody(Schema):
    """How management ends."""

    reason = one_of(Exit, required=True)
    note = prose()
    occurred_at = PastMoment()


class MappaCaseloadQuery(Schema):
    """Of one manager, or of all."""

    manager = code()


class MappaReturnQuery(Schema):
    """The year in which the return's year ends, on 31 March."""

    year = fields.Integer(strict=False)
    lpa = code()
    neighbourhood = code()


class MappaReportQuery(AsAtQuery):
    """What stands at a moment, and what was done in a period."""

    lpa = code()
    neighbourhood = code()
    from_on = Day(data_key="from", metadata={"description": "A year before `to` unless told."})
    to_on = Day(data_key="to", metadata={"description": "Today unless told."})
