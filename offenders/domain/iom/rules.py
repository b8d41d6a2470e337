"""What the rules of integrated offender management say; pure.

Sources: HMIC, Core business, 2014, paragraphs 4.112 to 4.118 (nomination, panel, meetings);
HMIC, PEEL effectiveness 2016, Leicestershire (lead by risk, catch and convict, neighbourhood
staff); the cohorts are those of the National IOM Operational Guidance, V5, January 2025.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

REVIEWS: Final = "iom-reviews"
ACTIONS: Final = "iom-actions"
CONVICT: Final = "iom-catch-and-convict"
DECISIONS: Final = "iom-decisions"
LEADS: Final = "iom-leads"
QUORATE: Final = "iom-quorum"
RULES: Final = (REVIEWS, ACTIONS, CONVICT, DECISIONS, LEADS, QUORATE)

TEAM: Final = "IOM"  # whose queue holds what no officer has taken
QUORUM: Final = ("police", "probation", "housing")
CHAIRS: Final = ("police", "probation", "prison")  # police, or what NOMS has become
MEETING_SOURCE: Final = "HMIC, Core business, 2014, paragraph 4.117"
LEAD_SOURCE: Final = "HMIC, PEEL effectiveness 2016, Leicestershire: high risk is led by probation"
IN_SOURCE: Final = "As recorded by the source system."
LEAST_PANEL: Final = 2  # agencies that decide together


class Cohort(StrEnum):
    """The three cohorts of the national guidance."""

    FIXED = "fixed"
    FLEX = "flex"
    FREE = "free"


class Theme(StrEnum):
    """The offending for which somebody is managed."""

    ACQUISITIVE = "acquisitive"
    SERIOUS_ACQUISITIVE = "serious_acquisitive"
    DOMESTIC_ABUSE = "domestic_abuse"
    VIOLENCE = "violence"
    SEXUAL = "sexual"
    CHILD_SEXUAL_EXPLOITATION = "child_sexual_exploitation"
    OCG = "ocg"
    OC_PERIPHERY = "oc_periphery"
    KNIFE = "knife"
    ASB = "asb"
    OTHER = "other"


class Rating(StrEnum):
    """BRAG: blue is in custody."""

    BLUE = "blue"
    RED = "red"
    AMBER = "amber"
    GREEN = "green"


class Risk(StrEnum):
    """The assessed risk of harm, which the lead agency follows."""

    VERY_HIGH = "very_high"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class ManagedBy(StrEnum):
    """Whose staff see the person from day to day."""

    IOM_TEAM = "iom_team"
    NEIGHBOURHOOD = "neighbourhood"
    PROBATION = "probation"
    PARTNER = "partner"


class NominationState(StrEnum):
    """How far a nomination is."""

    PENDING = "pending"
    DEFERRED = "deferred"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Decision(StrEnum):
    """What a panel decided; an imported membership says that its decision came with it."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DEFERRED = "deferred"
    RECORDED_FROM_IMPORT = "recorded_from_import"


class ExitReason(StrEnum):
    """Why a membership ended."""

    REDUCED_RISK = "reduced_risk"
    COMPLETED = "completed"
    SENTENCE_END = "sentence_end"
    MOVED_AREA = "moved_area"
    LONG_CUSTODY = "long_custody"
    MAPPA_TAKEOVER = "mappa_takeover"
    FAILED = "failed"
    WITHDREW = "withdrew"
    DECEASED = "deceased"
    ENTERED_IN_ERROR = "entered_in_error"


class Pathway(StrEnum):
    """The needs behind offending."""

    ACCOMMODATION = "accommodation"
    EMPLOYMENT = "employment"
    DRUGS = "drugs"
    ALCOHOL = "alcohol"
    MENTAL_HEALTH = "mental_health"
    FINANCE = "finance"
    RELATIONSHIPS = "relationships"
    ATTITUDES = "attitudes"


class ReviewDecision(StrEnum):
    """What a review of a member came to."""

    RETAIN = "retain"
    ESCALATE = "escalate"
    STEP_DOWN = "step_down"
    REMOVE = "remove"


OPEN_NOMINATIONS: Final = (NominationState.PENDING, NominationState.DEFERRED)
ADMITTING: Final = (Decision.ACCEPTED, Decision.RECORDED_FROM_IMPORT)
RELATIONS: Final = ("sibling", "child", "parent", "partner", "household")
TAG_EVENTS: Final = (
    "consent_given",
    "fitted",
    "breached",
    "removed",
    "consent_withdrawn",
)
TAG_TYPES: Final = ("voluntary_gps", "gps", "curfew", "alcohol")
ACTION_STATES: Final = ("open", "done", "cancelled")
LOG_KINDS: Final = (
    "joining",
    "amendment",
    "rating",
    "review",
    "action",
    "action_end",
    "intervention",
    "drug_test",
    "tag",
    "catch_and_convict",
    "stage",
    "relative",
    "exit",
)


def missing_agencies(attended: Collection[str]) -> list[str]:
    """Give the agencies without which a meeting may not decide."""
    return [each for each in QUORUM if each not in attended]


def lead_breaks_rule(risk: str | None, lead_agency: str, figures: Mapping[str, int]) -> bool:
    """Say whether a high risk is led by another agency than probation, where that is policy."""
    is_high = risk in {Risk.HIGH, Risk.VERY_HIGH}
    return is_high and lead_agency != "probation" and bool(figures.get("high_by_probation"))
