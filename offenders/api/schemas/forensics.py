"""Payloads of forensic hits."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load

from offenders import clock
from offenders.api.schemas.fields import (
    AsAtQuery,
    Day,
    Days,
    IdOrReference,
    Moment,
    PageQuery,
    PastDay,
    PastMoment,
    Text,
    code,
    name,
    one_of,
    prose,
)
from offenders.api.schemas.wanted import ActionBody, DayOrMoment
from offenders.domain import identifiers
from offenders.domain.forensics.rules import (
    CLASSES,
    STATES,
    Doubt,
    Elimination,
    Outcome,
    PersonState,
    Stage,
    Type,
)
from offenders.domain.forensics.service import GROUPS
from offenders.domain.persons.models import SEXES

OVERDUE = ("true", "false", *Stage)


class _IdentifierField(Text):
    """An identifier in any written form, checked by its letter."""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        """Read it as this kind."""
        self.kind = kind
        super().__init__(60, shortest=1, allow_none=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        written = super()._deserialize(value, attr, data, **kwargs)
        try:
            return identifiers.parse(self.kind, written, clock.today())
        except identifiers.InvalidIdentifier as error:
            raise ValidationError(str(error)) from error


class HitBody(Schema):
    """A hit as the laboratory tells it; the person by id or identifier, or as far as is known."""

    force = Text(2, metadata={"description": "The caller's own force, if given."})
    type = one_of(Type, required=True)
    laboratory_reference = code(required=True)
    crime_reference = code(allow_none=True)
    offence_code = code(allow_none=True)
    identified_at = PastMoment(allow_none=True)
    received_at = PastMoment(allow_none=True, metadata={"description": "Now unless told."})
    lpa = code(allow_none=True, metadata={"description": "Where the crime lies."})
    neighbourhood = code(allow_none=True)
    person_id = code(allow_none=True, metadata={"description": "Id or reference of the person."})
    pnc_id = _IdentifierField("pnc_id")
    cro_number = _IdentifierField("cro_number")
    family_name = name(allow_none=True)
    given_names = name(allow_none=True)
    date_of_birth = PastDay(allow_none=True)
    sex = one_of(SEXES, allow_none=True)


class HitsQuery(PageQuery, AsAtQuery):
    """Filters of the list; `none` asks for hits without such a value."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    state = one_of(STATES)
    type = one_of(Type)
    offence_class = one_of(CLASSES)
    person_state = one_of(PersonState)
    overdue = one_of(OVERDUE, metadata={"description": "At any stage (`true`), or at this one."})
    received_from = DayOrMoment()
    received_to = DayOrMoment(ends=True)
    owner = code(data_key="owner")
    team = code()
    outcome = one_of(Outcome)
    elimination = one_of(Elimination)
    person_id = IdOrReference()
    want_id = IdOrReference()
    crime_reference = code()
    laboratory_reference = code()

    @post_load
    def name_filters(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Call each filter as the domain does."""
        names = {
            "received_to": "received_before",
            "owner": "owner_officer",
            "team": "owner_team",
        }
        return {names.get(each, each): value for each, value in data.items()}


class ProgressQuery(AsAtQuery, Days):
    """A period of receipt, in days of Europe/London, both included."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    type = one_of(Type)
    offence_class = one_of(CLASSES)
    from_on = Day(data_key="from", metadata={"description": "A year before `to` unless told."})
    to_on = Day(data_key="to", metadata={"description": "Today unless told."})
    group_by = one_of(GROUPS)


class IdentificationBody(Schema):
    """Whom a human takes the hit to name; null: nobody who is on record."""

    person_id = code(allow_none=True, required=True)
    reason = prose(required=True)


class ResearchBody(ActionBody):
    """The research of linked offences; an empty list says that none was found."""

    linked_crimes = fields.List(code(), load_default=list)
    notes = prose(allow_none=True)


class AllocationBody(ActionBody):
    """Who is responsible for the arrest; a further allocation needs its reason."""

    owner_officer = code(allow_none=True)
    owner_team = code(allow_none=True)
    reason = prose(allow_none=True)


class HitOutcomeBody(ActionBody):
    """What became of the person."""

    outcome = one_of(Outcome, required=True)
    reason = prose(allow_none=True)
    custody_number = code(allow_none=True)


class EliminationBody(ActionBody):
    """Why the hit names nobody to be dealt with."""

    reason = one_of(Elimination, required=True)
    rationale = prose(allow_none=True)


class HitAnswer(HitBody):
    """A hit as it stands; `stated` is what the sender said of the person."""

    id = fields.UUID()
    reference = fields.String()
    offence = fields.String(allow_none=True)
    offence_class = one_of(CLASSES)
    state = one_of(STATES)
    person_state = one_of(PersonState)
    doubt = one_of(Doubt, allow_none=True)
    stated = fields.Dict()
    person = fields.Dict(allow_none=True)
    candidates = fields.List(fields.Dict(), allow_none=True)
    want_id = fields.UUID(allow_none=True)
    want = fields.Dict(allow_none=True)
    masked = fields.List(fields.String())
    owner_officer = fields.String(allow_none=True)
    owner_team = fields.String(allow_none=True)
    identification = fields.Dict(allow_none=True)
    done_by = fields.Dict(metadata={"description": "Who did each step."})
    linked_crimes = fields.List(fields.String())
    researched_at = Moment(allow_none=True)
    allocated_at = Moment(allow_none=True)
    outcome = one_of(Outcome, allow_none=True)
    outcome_at = Moment(allow_none=True)
    elimination = one_of(Elimination, allow_none=True)
    eliminated_at = Moment(allow_none=True)
    research_due_at = Moment()
    allocation_due_at = Moment()
    arrest_due_at = Moment()
    overdue = fields.List(fields.String())
    version = fields.Integer()


class ProgressAnswer(Schema):
    """Hits received, what became of each, and days from identification to arrest."""

    as_at = Moment()
    from_on = fields.Date(data_key="from")
    to_on = fields.Date(data_key="to")
    received = fields.Raw(metadata={"description": "Or `no_data`."})
    href = fields.String(allow_none=True)
    by_state = fields.Dict(
        metadata={"description": "For each state `hits` and `href`; they add up to `received`."}
    )
    days_to_arrest = fields.Dict(metadata={"description": "`median`, `p90`, `hits`."})
    groups = fields.List(fields.Dict())
