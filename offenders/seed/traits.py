"""How old people are, whom they live with, what they drive and what they are marked for."""

from __future__ import annotations

from offenders.seed.weighted import Weighted, counted

YEAR = 365.25  # days
YOUNGEST, OLDEST = 10.6, 88.0  # years; nobody under ten can be a suspect (CYPA 1933 s.50)
AGE_BANDS = Weighted(
    [
        ((YOUNGEST, 18.0), 6.0),
        ((18.0, 25.0), 22.0),
        ((25.0, 35.0), 31.0),
        ((35.0, 45.0), 21.0),
        ((45.0, 55.0), 11.0),
        ((55.0, 65.0), 6.0),
        ((65.0, 75.0), 2.2),
        ((75.0, OLDEST), 0.8),
    ]
)
SEXES = Weighted(counted("male 844, female 152, not_known 3, not_specified 1"))
KIN = Weighted(counted("sibling 40, partner 24, parent 20, housemate 11, twin 5"))
ALIASES = Weighted(
    counted("spelling 38, surname_spelling 18, swapped 10, former 14, false 12, other_date 8")
)
OTHER_ADDRESSES = Weighted(counted("partner 45, work 30, other 25"))
MARKERS = Weighted(counted("VI 30, DR 20, WE 15, SH 11, MN 8, SU 6, AT 5, CO 3, ES 2"))
MARKER_RATIONALES = {
    "VI": "Assaulted an officer on arrest.",
    "DR": "Found with controlled drugs when searched.",
    "WE": "Carried a knife when stopped.",
    "SH": "Self-harm while detained.",
    "MN": "Assessed by liaison and diversion in custody.",
    "SU": "Said in custody that he or she would end their life.",
    "AT": "Told the custody nurse of an ailment that needs medicine.",
    "CO": "Hid drugs on the body.",
    "ES": "Ran from an escort at hospital.",
}
VEHICLE_MAKES = Weighted(
    counted(
        """Ford 14, Vauxhall 12, Volkswagen 11, BMW 8, Audi 8, Mercedes-Benz 7, Nissan 6,
        Toyota 6, Peugeot 6, Renault 5, Kia 4, Hyundai 4, Honda 4, Citroen 4, Fiat 3, Seat 3"""
    )
)
VEHICLE_COLOURS = Weighted(
    counted("Black 22, Grey 21, White 17, Blue 16, Silver 12, Red 9, Green 2, Orange 1")
)
# Q never stands among the last three letters of a real mark of this style.
MARK_AREAS = "FBKNPYLVRS"
MARK_LETTERS = "ABCDEFGHJKLMNOPRSTUVWXYZ"
