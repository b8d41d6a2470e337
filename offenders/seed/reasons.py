"""What is drawn for a want by its reason, offence and risk."""

from __future__ import annotations

from typing import NamedTuple

from offenders.seed.weighted import Weighted, counted


class Offence(NamedTuple):
    """An offence code, how often it is domestic, and its severity from 1 to 4."""

    code: str
    domestic_share: float
    severity: int


def _offences(text: str) -> Weighted[Offence]:
    """Read `CJ88116 16 50 2`: code, weight, domestic per cent, severity."""
    rows = (entry.split() for entry in text.split(","))
    return Weighted(
        (Offence(code, int(domestic) / 100, int(severity)), float(weight))
        for code, weight, domestic, severity in rows
    )


_CRIMES = _offences(
    """CJ88116 17 60 2, CJ88001 9 55 2, OF61102 9 45 3, OF61131 3 25 3, OF61016 1.6 20 4,
    SC15005 2 90 4, SC15004 1.5 100 3, PH97010 1.5 80 4, PH97011 1.5 75 3, PH97004 4 50 2,
    OF61014 1.2 40 3, SX03001 0.8 5 4, COML025 0.1 10 4, TH68023 3.5 0 3, TH68036 5 2 3,
    TH68026 1.2 2 3, TH68037 2 0 2, TH68010 17 0 1, TH68001 2 1 1, TH68013 3 2 2, TH68151 1 0 2,
    CA81001 1.5 0 1, CD71039 10 30 1, MD71230 2 0 3, MD71526 1.5 0 2, MD71530 2 0 1,
    CJ88144 2.5 2 3, RT88026 1.5 0 2"""
)
_WARRANT_OFFENCES = _offences(
    """BA76001 35 8 1, TH68010 20 0 1, CJ88116 12 50 2, CJ88001 6 50 2, CD71039 7 25 1,
    MD71530 5 0 1, TH68036 3 0 3, CJ88144 3 0 3, RT88026 4 0 2, OF61102 4 35 3, TH68013 2 0 2"""
)
_ORDER_OFFENCES = _offences(
    """FL96001 34 95 3, SE20001 24 2 1, SX03204 14 0 3, SE20012 12 0 4, PH97005 8 70 3,
    ST19001 4 60 4, SX03245 2 0 4, SC07001 1 0 3, FB89010 1 0 1"""
)
_SENTENCED = """TH68036 16 0 3, TH68023 12 0 3, OF61102 12 40 3, TH68010 14 0 2, MD71230 10 0 3,
    OF61016 6 20 4, CJ88144 5 0 3"""
REASONS = Weighted(
    counted(
        """named_suspect 65, failed_to_answer_bail 12, court_warrant 14, breach_of_order 2.5,
        breach_of_bail 2, prison_recall 3.5, unlawfully_at_large 1"""
    )
)
OFFENCES = {
    "named_suspect": _CRIMES,
    "failed_to_answer_bail": _CRIMES,
    "court_warrant": _WARRANT_OFFENCES,
    "breach_of_order": _ORDER_OFFENCES,
    "breach_of_bail": _CRIMES,
    "prison_recall": _offences(f"CJ03007 25 10 3, {_SENTENCED}"),
    "unlawfully_at_large": _offences(_SENTENCED),
}
PRIORITY_CRIMES = {"TH68036", "TH68026", "TH68023", "CJ88144", "TH68151", "SX03001", "COML025"}
POWERS = {
    "named_suspect": "PACE 1984 s.24",
    "failed_to_answer_bail": "PACE 1984 s.46A",
    "court_warrant": "Bail Act 1976 s.7(1)",
    "breach_of_order": "PACE 1984 s.24",
    "breach_of_bail": "Bail Act 1976 s.7(3)",
    "prison_recall": "Prison Act 1952 s.49(1)",
    "unlawfully_at_large": "Prison Act 1952 s.49(1)",
}
_COURT_OR_PRISON = Weighted(counted("arrested 72, surrendered 17, withdrawn 10, deceased 1"))
_POLICE = Weighted(
    counted(
        """arrested 74, surrendered 14, no_longer_wanted 7, charged_elsewhere 3.5, deceased 0.5,
        entered_in_error 1"""
    )
)
_NAMED = Weighted(
    counted(
        """arrested 55, interviewed 25, no_longer_wanted 9, charged_elsewhere 5, surrendered 3,
        withdrawn 1, deceased 0.5, entered_in_error 1.5"""
    )
)
OUTCOMES = {
    "named_suspect": _NAMED,
    "failed_to_answer_bail": _POLICE,
    "court_warrant": _COURT_OR_PRISON,
    "breach_of_order": _POLICE,
    "breach_of_bail": _POLICE,
    "prison_recall": _COURT_OR_PRISON,
    "unlawfully_at_large": _COURT_OR_PRISON,
}
BASES = Weighted(counted("witness 42, cctv 21, forensic 14, intelligence 10, admission 4, other 9"))
# By severity; together with the offences above about 4, 16, 40 and 40 in a hundred.
RISKS = {
    1: Weighted(counted("high 2, medium 25, standard 73")),
    2: Weighted(counted("high 6, medium 46, standard 48")),
    3: Weighted(counted("very_high 3, high 22, medium 50, standard 25")),
    4: Weighted(counted("very_high 24, high 46, medium 25, standard 5")),
}
MOST_SEVERE = 4
RISK_RATIONALES = {
    "very_high": (
        "Serious violence with threats to kill the victim, whose address is known to the suspect.",
        "Escalating violence with a weapon; two attempts to evade arrest.",
        "Grave sexual offence; contact with children while at large.",
    ),
    "high": (
        "Previous violence against the same victim; children in the household.",
        "Injury caused with a weapon; further offences likely while at large.",
        "Repeat offender with violent antecedents and no settled address.",
    ),
    "medium": (
        "Offending is frequent but no injury is recorded.",
        "Known associates make further offences likely.",
        "Some history of failing to attend; no threat to a named person.",
    ),
    "standard": (
        "No known threat to any person; acquisitive offence of low value.",
        "First offence of its kind; settled address.",
        "No aggravating feature known to the investigation.",
    ),
}
COURTS = Weighted(counted("Magistrates' Court 82, Crown Court 18"))
WARRANT_CATEGORIES = {"very_high": "A", "high": "A", "medium": "B", "standard": "C"}
TEAMS = {
    "named_suspect": ("FIU", "PIT-CITY", "PIT-COUNTY", "RESPONSE-A", "RESPONSE-C", "NPA-CENTRAL"),
    "failed_to_answer_bail": ("BAIL", "PIT-CITY", "PIT-COUNTY"),
    "court_warrant": ("WARRANTS", "RESPONSE-B", "NPA-EAST"),
    "breach_of_order": ("MOSOVO", "NPA-CENTRAL"),
    "breach_of_bail": ("BAIL", "WARRANTS"),
    "prison_recall": ("IOM", "WARRANTS"),
    "unlawfully_at_large": ("WARRANTS",),
}
DOMESTIC_ABUSE_TEAM = "DAIU"
