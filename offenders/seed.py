"""Made-up, reproducible demonstration data: everything in it is invented, nobody real is meant."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import cos, hypot, log, pi, radians, sin
from operator import itemgetter
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from offenders import seed_names as names
from offenders.domain.identifiers import LETTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scale:
    """How many people and wants a force gets."""

    people: int
    wants: int


# A force of this size makes some 18,700 arrests a year (Hertfordshire's published figure). If one
# in three is of a person not met before, the six clear years of most records (MoPI group 3) keep
# about 40,000 people. Nationally 30,000 named suspects in 32 forces, 9,500 failures to answer bail
# in 34 and 26,998 circulated in 43 (2014) give a mean force 940, 280 and 628. Leicestershire is a
# little smaller: of 1,600 wants three in four are outstanding, among them about 800 named suspects
# and 600 circulated. Failures to answer are fewer, for bail fell by 75% after April 2017.
SCALES = {"small": Scale(people=2_000, wants=150), "force": Scale(people=40_000, wants=1_600)}


@dataclass(frozen=True, slots=True)
class Ward:
    """A neighbourhood with its boundary as (longitude, latitude) points."""

    code: str
    district: str
    ring: tuple[tuple[float, float], ...]

    @classmethod
    def from_feature(cls, feature: Mapping[str, Any]) -> Ward:
        """Read one GeoJSON feature of the ward boundaries, a polygon without holes."""
        about = feature["properties"]
        ring = tuple((point[0], point[1]) for point in feature["geometry"]["coordinates"][0])
        return cls(about["code"], about["district_name"], ring)


@dataclass(frozen=True, slots=True)
class PersonKey:
    """What the wants need to know of a person."""

    source_ref: str
    born: date | None

    @classmethod
    def of(cls, row: Row) -> PersonKey:
        """Take the key of a made-up person's row."""
        born = row.get("date_of_birth")
        return cls(row["source_ref"], date.fromisoformat(born) if born else None)


def made_up_people(
    force: str, scale: Scale, seed: int, today: date, wards: Sequence[Ward]
) -> Iterator[Row]:
    """Give the rows of `people` to import; without wards the addresses have no coordinates."""
    maker = _PersonMaker(force, scale, _repeatable("people", force, seed), today, wards)
    return (maker.person(number) for number in range(1, scale.people + 1))


def made_up_wants(
    force: str, scale: Scale, seed: int, now: datetime, people: Sequence[PersonKey]
) -> Iterator[Row]:
    """Give the rows of `wanted` to import, each for one of these people."""
    maker = _WantMaker(force, scale, _repeatable("wants", force, seed), now, people)
    return (maker.want(number) for number in range(1, scale.wants + 1))


def _repeatable(what: str, force: str, seed: int) -> Random:
    if force not in names.TOWNS:
        message = f"{force} is not one of the 43 territorial forces. Choose one, e.g. 33."
        raise ValueError(message)
    return Random(f"{what} {force} {seed}")  # noqa: S311 - a secret must not be repeatable, this must


class _Serials:
    """Numbers that look random, lie in the force's own range and never come twice."""

    def __init__(self) -> None:
        self._issued: Counter[str] = Counter()

    def take(self, series: str, span: int) -> int:
        """Give a number below `span`; 7919 divides no span, so each comes once."""
        count = self._issued[series]
        if count == span:
            message = f"There are only {span} made-up numbers in {series}. Choose a smaller scale."
            raise ValueError(message)
        self._issued[series] = count + 1
        return (crc32(series.encode()) + count * 7919) % span


class _Street(NamedTuple):
    name: str
    town: str
    postcode: str
    ward: Ward | None
    middle: tuple[float, float]
    half: tuple[float, float]


EAST_WEST = cos(radians(52.6))  # a degree of longitude in degrees of latitude at Leicester
LONGEST_HALF_STREET = 0.0012  # degrees of latitude, about 130 metres
SHORTEST_HALF_STREET = 0.0002  # long enough that rounded coordinates stay inside the ward
HOUSES = 120
# The inward part of a real postcode never has C, I, K, M, O or V: these pass for postcodes in
# form, and no real household can have one.
NEVER_INWARD = "CIKMOV"


def _streets(rnd: Random, force: str, ward: Ward | None, count: int) -> list[_Street]:
    town, area = names.TOWNS[force]
    outward = tuple(f"{area}{district}" for district in range(1, 21))
    if ward is not None:
        town, outward = names.DISTRICTS.get(ward.district, (town, outward))
    return [_street(rnd, ward, town, rnd.choice(outward)) for _ in range(count)]


def _street(rnd: Random, ward: Ward | None, town: str, outward: str) -> _Street:
    name = f"{rnd.choice(names.STREET_NAMES)} {names.STREET_TYPES.draw(rnd)}"
    inward = f"{rnd.randrange(10)}{rnd.choice(NEVER_INWARD)}{rnd.choice(NEVER_INWARD)}"
    middle, half = _line(rnd, ward.ring) if ward else ((0.0, 0.0), (0.0, 0.0))
    return _Street(name, town, f"{outward} {inward}", ward, middle, half)


def _line(
    rnd: Random, ring: Sequence[tuple[float, float]]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Lay a street at a random place of the ward, short enough to stay inside it."""
    west, east = min(x for x, _ in ring), max(x for x, _ in ring)
    south, north = min(y for _, y in ring), max(y for _, y in ring)
    while True:
        x, y = rnd.uniform(west, east), rnd.uniform(south, north)
        if _holds(ring, x, y) and (clear := _clearance(ring, x, y)) > SHORTEST_HALF_STREET:
            break
    reach, bearing = 0.9 * min(clear, LONGEST_HALF_STREET), rnd.uniform(0, pi)
    return (x, y), (reach * cos(bearing) / EAST_WEST, reach * sin(bearing))


def _holds(ring: Sequence[tuple[float, float]], x: float, y: float) -> bool:
    inside = False
    for (x1, y1), (x2, y2) in pairwise(ring):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside


def _clearance(ring: Sequence[tuple[float, float]], x: float, y: float) -> float:
    """Measure how far the boundary is, in degrees of latitude."""
    nearest = LONGEST_HALF_STREET
    for (x1, y1), (x2, y2) in pairwise(ring):
        if min(y1, y2) - y > nearest or y - max(y1, y2) > nearest:
            continue
        ax, ay = (x1 - x) * EAST_WEST, y1 - y
        dx, dy = (x2 - x1) * EAST_WEST, y2 - y1
        square = dx * dx + dy * dy
        along = min(1.0, max(0.0, -(ax * dx + ay * dy) / square)) if square else 0.0
        nearest = min(nearest, hypot(ax + along * dx, ay + along * dy))
    return nearest


@dataclass(slots=True)
class _Persona:
    community: names.Community
    family_name: str
    given_names: str
    sex: str
    born: int
    home: Row | None


YEAR = 365.25  # days
PARTNER_AGE, PARENT_AGE = 17.0, 36.0  # years
KIN_SHARE = 0.2
SAME_SURNAME_PARTNER = 0.4
MOVED_OUT = 0.4
NO_DATE_OF_BIRTH = 0.006
FIRST_OF_JANUARY = 0.01  # what is written down where only the year is known
NO_FIXED_ABODE = 0.03
NATIONALITY_UNKNOWN = 0.02
PNC_SHARE = 0.9
CRO_SHARE = 0.35
FINGERPRINT_FILE_SHARE = 0.05
PRISON_SHARE = 0.13
ALIAS_SHARE = 0.28
FURTHER = 0.15
FLAT_SHARE = 0.15
PREVIOUS_SHARE = 0.35
OTHER_ADDRESS_SHARE = 0.15
VEHICLE_SHARE = 0.25
MARKER_SHARE = 0.25
MONTHS = 12


class _PersonMaker:
    """Makes one force's people one after another; some are kin of the one before."""

    def __init__(
        self, force: str, scale: Scale, rnd: Random, today: date, wards: Sequence[Ward]
    ) -> None:
        self._rnd, self._today, self._now = rnd, today, today.toordinal()
        self._force = int(force)
        self._communities = names.LEICESTERSHIRE if force == "33" else names.ELSEWHERE
        places: Sequence[Ward | None] = wards or [None]
        # About ten people share a postcode, so that a search by one finds neighbours.
        count = scale.people // (10 * len(places)) + 3
        self._wards = [_streets(rnd, force, ward, count) for ward in places]
        self._serials = _Serials()
        self._last: _Persona | None = None

    def person(self, number: int) -> Row:
        """Make the row of the next person."""
        rnd = self._rnd.random
        last = self._last
        who = self._kin(last) if last and rnd() < KIN_SHARE else self._stranger()
        self._last = who
        row: Row = {
            "source_ref": f"NM{number:06}",
            "family_name": who.family_name,
            "given_names": who.given_names,
            "sex": who.sex,
        }
        if rnd() >= NO_DATE_OF_BIRTH:
            row["date_of_birth"] = _day(who.born)
        if rnd() >= NATIONALITY_UNKNOWN:
            row["nationalities"] = who.community.nationalities.draw(self._rnd).split("+")
        ethnicity = who.community.ethnicity.draw(self._rnd).split("/")
        row["ethnicity_self_defined"], row["ethnicity_observed"] = ethnicity
        self._identify(row, who)
        lists = {
            "aliases": self._aliases(who),
            "addresses": self._addresses(who),
            "vehicles": self._vehicles() if self._is_grown(who) else [],
            "markers": self._markers(),
        }
        row.update((key, value) for key, value in lists.items() if value)
        return row

    def _stranger(self) -> _Persona:
        rnd = self._rnd
        community, sex = self._communities.draw(rnd), names.SEXES.draw(rnd)
        youngest, oldest = names.AGE_BANDS.draw(rnd)
        born = self._now - int((youngest + rnd.random() * (oldest - youngest)) * YEAR)
        if rnd.random() < FIRST_OF_JANUARY:
            born = date(date.fromordinal(born).year, 1, 1).toordinal()
        return self._called(community, community.surname(rnd, sex), sex, born)

    def _called(self, community: names.Community, surname: str, sex: str, born: int) -> _Persona:
        given = community.given_names(self._rnd, sex, date.fromordinal(born).year)
        given = given.removesuffix(f" {surname}")
        home = None if self._rnd.random() < NO_FIXED_ABODE else self._home("home", born)
        return _Persona(community, surname, given, sex, born, home)

    def _is_grown(self, who: _Persona) -> bool:
        return who.born < self._now - PARTNER_AGE * YEAR

    def _kin(self, other: _Persona) -> _Persona:
        rnd, age = self._rnd, (self._now - other.born) / YEAR
        kind = names.KIN.draw(rnd) if self._is_grown(other) else "sibling"
        if kind == "housemate":
            kin = self._stranger()
            kin.home = _moved_in(other.home, kin.born)
            return kin
        sex = names.SEXES.draw(rnd)
        surname = names.in_form(other.family_name, sex)
        if kind == "partner":
            sex = "female" if other.sex == "male" else "male"
            own = rnd.random() >= SAME_SURNAME_PARTNER
            surname = (own and other.community.surname(rnd, sex)) or other.family_name
        born = other.born if kind == "twin" else self._now - int(_kin_age(rnd, kind, age) * YEAR)
        kin = self._called(other.community, surname, sex, born)
        while kind in {"sibling", "twin"} and kin.given_names == other.given_names:
            kin = self._called(other.community, surname, sex, born)
        if kind in {"twin", "partner"} or rnd.random() >= MOVED_OUT:
            kin.home = _moved_in(other.home, born)
        return kin

    def _identify(self, row: Row, who: _Persona) -> None:
        rnd, force = self._rnd.random, self._force
        if rnd() >= PNC_SHARE:
            return
        known_years = (self._now - who.born) / YEAR - names.YOUNGEST
        met = who.born + int((names.YOUNGEST + min(30, known_years) * rnd() ** 2) * YEAR)
        year = date.fromordinal(met).year
        # Counted down from the top of the range, where made-up numbers seldom meet real ones.
        serial = 9_999_999 - force * 100_000 - self._serials.take(f"PNC {year}", 100_000)
        row["pnc_id"] = f"{year}/{serial:07}{_check_letter(year % 100 * 10**7 + serial)}"
        if rnd() < CRO_SHARE:
            row["cro_number"] = self._cro_number(year % 100)
        if rnd() < PRISON_SHARE and self._is_grown(who):
            row["prison_number"] = self._prison_number()

    def _cro_number(self, year: int) -> str:
        serial = 999_999 - self._force * 10_000 - self._serials.take(f"CRO {year:02}", 10_000)
        letter = _check_letter(year * 10**6 + serial)
        if self._rnd.random() < FINGERPRINT_FILE_SHARE:
            return f"SF{year:02}/{serial}{letter}"
        return f"{serial:06}/{year:02}{letter}"

    def _prison_number(self) -> str:
        # Prison numbers are issued from A upwards; a real one does not begin with Z.
        serial = self._force * 60_000 + self._serials.take("prison", 60_000)
        high, low = divmod(serial, 10_000)
        return f"Z{low:04}{_LATIN[high // 26]}{_LATIN[high % 26]}"

    def _aliases(self, who: _Persona) -> list[Row]:
        rnd = self._rnd
        if rnd.random() >= ALIAS_SHARE:
            return []
        count = 1 + (rnd.random() < FURTHER) + (rnd.random() < FURTHER)
        main = (who.family_name, who.given_names, None)
        found = {_names_of(alias): alias for alias in (self._alias(who) for _ in range(count))}
        found.pop(main, None)
        return list(found.values())

    def _alias(self, who: _Persona) -> Row:
        rnd, kind = self._rnd, names.ALIASES.draw(self._rnd)
        alias = {
            "family_name": who.family_name,
            "given_names": who.given_names,
            "type": "former" if kind == "former" else "alias",
        }
        match kind:
            case "spelling":
                alias["given_names"] = names.other_spelling(rnd, who.given_names)
            case "surname_spelling":
                alias["family_name"] = names.other_spelling(rnd, who.family_name)
            case "swapped":
                alias["family_name"], alias["given_names"] = who.given_names, who.family_name
            case "former":
                alias["family_name"] = who.community.surname(rnd, who.sex)
            case "false":
                year = date.fromordinal(who.born).year
                alias["family_name"] = who.community.surname(rnd, who.sex)
                alias["given_names"] = who.community.given_names(rnd, who.sex, year)
        if kind == "other_date" or rnd.random() < FURTHER:
            alias["date_of_birth"] = _other_date(rnd, who.born)
        return alias

    def _home(self, kind: str, born: int) -> Row:
        """Put a house of a street in a ward, each ward as likely as another."""
        rnd = self._rnd.random
        streets = self._wards[int(rnd() * len(self._wards))]
        street = streets[int(rnd() * len(streets))]
        house = 1 + int(rnd() * HOUSES)
        first = f"{house} {street.name}"
        lines = [first if rnd() >= FLAT_SHARE else f"Flat {1 + int(rnd() * 12)}, {first}"]
        home: Row = {"lines": [*lines, street.town], "postcode": street.postcode, "type": kind}
        if street.ward:
            along = 2 * house / HOUSES - 1
            home["longitude"] = round(street.middle[0] + along * street.half[0], 5)
            home["latitude"] = round(street.middle[1] + along * street.half[1], 5)
            home["neighbourhood"] = street.ward.code
        home["from"] = _day(max(born, self._now - int(rnd() ** 2 * 3650)))
        return home

    def _addresses(self, who: _Persona) -> list[Row]:
        rnd = self._rnd.random
        homes = [who.home] if who.home else []
        if rnd() < PREVIOUS_SHARE:
            before = self._home("previous", who.born)
            if who.home:
                left = date.fromisoformat(who.home["from"]).toordinal()
                before["from"] = _day(max(who.born, left - 30 - int(rnd() * 2000)))
            homes.append(before)
        if rnd() < OTHER_ADDRESS_SHARE:
            kind = names.OTHER_ADDRESSES.draw(self._rnd) if self._is_grown(who) else "other"
            homes.append(self._home(kind, who.born))
        return homes

    def _vehicles(self) -> list[Row]:
        rnd = self._rnd
        if rnd.random() >= VEHICLE_SHARE:
            return []
        return [self._vehicle() for _ in range(1 + (rnd.random() < FURTHER))]

    def _vehicle(self) -> Row:
        rnd = self._rnd
        year = self._today.year - 1 - int(rnd.random() ** 1.5 * 17)
        age = year % 100 + 50 * (rnd.random() < names.EVEN)
        area = _one_of(rnd, names.MARK_AREAS) + _one_of(rnd, names.MARK_AREAS)
        last = _one_of(rnd, names.MARK_LETTERS) + _one_of(rnd, names.MARK_LETTERS)
        return {
            "registration_mark": f"{area}{age:02}Q{last}",
            "make": names.VEHICLE_MAKES.draw(rnd),
            "colour": names.VEHICLE_COLOURS.draw(rnd),
        }

    def _markers(self) -> list[Row]:
        rnd = self._rnd
        if rnd.random() >= MARKER_SHARE:
            return []
        codes = dict.fromkeys(names.MARKERS.draw(rnd) for _ in range(1 + int(rnd.random() * 2.3)))
        return [{"code": code, "rationale": names.MARKER_RATIONALES[code]} for code in codes]


_LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _check_letter(number: int) -> str:
    return LETTERS[number % 23]


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


def _moved_in(home: Row | None, born: int) -> Row | None:
    return home and {**home, "from": max(home["from"], _day(born))}


def _names_of(alias: Row) -> tuple[str, str, str | None]:
    return alias["family_name"], alias["given_names"], alias.get("date_of_birth")


def _other_date(rnd: Random, born: int) -> str:
    day = date.fromordinal(born)
    if day.day <= MONTHS and day.day != day.month:
        return date(day.year, day.day, day.month).isoformat()
    return _day(born + (-365 if rnd.random() < names.EVEN else 365))


def _kin_age(rnd: Random, kind: str, age: float) -> float:
    share = rnd.random()
    match kind:
        case "sibling":
            gap = 1 + 8 * share
            age += gap if age - gap < names.YOUNGEST or rnd.random() < names.EVEN else -gap
        case "partner":
            age = max(PARTNER_AGE, age - 7 + 14 * share)
        case _:
            # Only whoever is old enough gets a child of known age; the others get a parent.
            child = 18 + min(20, age - 18 - names.YOUNGEST) * share
            age += -child if age > PARENT_AGE else 18 + 18 * share
    return min(names.OLDEST, age)


WITHOUT_CRIME = frozenset({"court_warrant", "prison_recall", "unlawfully_at_large"})
CLOSED_SHARE = 0.26
AGAIN_SHARE = 0.12
TWO_SUSPECTS_SHARE = 0.09
NEIGHBOUR_SHARE = 0.4
OFFICER_SHARE = 0.7
OPEN_DAYS, OPEN_SPREAD = 40, 1.7  # median and log-normal spread: hours to years
CLOSING_DAYS, CLOSING_SPREAD = 9, 1.4
OLDEST_WANT = 3600.0  # days
CLOSED_WITHIN = 365  # days
FIRST_WANT_AGE = timedelta(days=10 * YEAR)  # the age of criminal responsibility
DOMESTIC_AGE = timedelta(days=16 * YEAR)  # Domestic Abuse Act 2021 s.1(2)
OTHER_ACTIVE_SHARE = 0.4
MOST_ENTRIES = 6
FIRST_VALIDATION = 75  # days, the product default for the first validation
VALIDATED_SHARE = 0.5
ENTRY_TEXTS = {"enquiry": names.ENQUIRIES, "review": names.REVIEWS}


class _WantMaker:
    """Makes one force's wants; a person may have several, and a crime two suspects."""

    def __init__(
        self, force: str, scale: Scale, rnd: Random, now: datetime, people: Sequence[PersonKey]
    ) -> None:
        self._force, self._rnd, self._now = force, rnd, _in_utc(now)
        youngest = self._now.date() - timedelta(days=names.YOUNGEST * YEAR - 60)
        self._people = [who for who in people if who.born is None or who.born <= youngest]
        self._officers = [str(code) for code in rnd.sample(range(1000, 9999), scale.wants // 9 + 9)]
        self._serials = _Serials()
        self._subjects: list[int] = []
        self._taken: set[tuple[int, str]] = set()
        self._accomplice: tuple[int, Row] | None = None

    def want(self, number: int) -> Row:
        """Make the row of the next want."""
        accomplice, self._accomplice = self._accomplice, None
        if accomplice:
            return self._want_of_accomplice(number, *accomplice)
        reason, at = names.REASONS.draw(self._rnd), self._subject()
        if (at, reason) in self._taken:
            reason = "named_suspect"
        row = self._row(number, at, reason, names.OFFENCES[reason].draw(self._rnd))
        if reason in WITHOUT_CRIME:
            self._taken.add((at, reason))
            return row
        row["crime_reference"] = self._crime_reference(row["entered_at"])
        if reason == "named_suspect" and not row["domestic_abuse"] and len(self._people) > 1:
            self._accomplice = self._find_accomplice(at, row)
        return row

    def _find_accomplice(self, at: int, row: Row) -> tuple[int, Row] | None:
        rnd, count = self._rnd.random, len(self._people)
        if rnd() >= TWO_SUSPECTS_SHARE:
            return None
        # The next person is often kin of this one.
        step = 1 if rnd() < NEIGHBOUR_SHARE else 1 + int(rnd() * (count - 1))
        born = self._people[(at + step) % count].born
        entered_on = datetime.fromisoformat(row["entered_at"]).date()
        is_too_young = born is not None and born + FIRST_WANT_AGE > entered_on
        return None if is_too_young else ((at + step) % count, row)

    def _want_of_accomplice(self, number: int, at: int, first: Row) -> Row:
        self._subjects.append(at)
        offence = names.Offence(first["offence_code"], 0, names.MOST_SEVERE - 1)
        row = self._row(number, at, "named_suspect", offence)
        row.pop("outcome", None)
        row.pop("outcome_at", None)
        return row | {key: first[key] for key in ("crime_reference", "entered_at")}

    def _subject(self) -> int:
        rnd = self._rnd.random
        if self._subjects and rnd() < AGAIN_SHARE:
            return self._subjects[int(rnd() * len(self._subjects))]
        self._subjects.append(int(rnd() * len(self._people)))
        return self._subjects[-1]

    def _row(self, number: int, at: int, reason: str, offence: names.Offence) -> Row:
        rnd, person = self._rnd, self._people[at]
        entered_at, outcome_at = self._dates(person)
        old_enough = person.born is None or person.born + DOMESTIC_AGE <= entered_at.date()
        is_domestic = old_enough and rnd.random() < offence.domestic_share
        severity = min(names.MOST_SEVERE, offence.severity + is_domestic)
        risk = names.RISKS[severity].draw(rnd)
        row: Row = {
            "source_ref": f"WN{number:06}",
            "person_source_ref": person.source_ref,
            "reason": reason,
            "basis": names.BASES.draw(rnd) if reason == "named_suspect" else "other",
            "offence_code": offence.code,
            "power": names.POWERS[reason],
            "risk": risk,
            "risk_rationale": _one_of(rnd, names.RISK_RATIONALES[risk]),
            "domestic_abuse": is_domestic,
            "priority_crime": offence.code in names.PRIORITY_CRIMES,
            "entered_at": entered_at.isoformat(),
        }
        row |= self._owner(reason, is_domestic=is_domestic)
        if reason == "court_warrant":
            row |= self._warrant(risk, entered_at)
        if outcome_at:
            row |= {
                "outcome": names.OUTCOMES[reason].draw(rnd),
                "outcome_at": outcome_at.isoformat(),
            }
        return row

    def _dates(self, person: PersonKey) -> tuple[datetime, datetime | None]:
        rnd, longest = self._rnd, OLDEST_WANT
        if person.born:
            longest = min(longest, float((self._now.date() - person.born - FIRST_WANT_AGE).days))
        if rnd.random() >= CLOSED_SHARE:
            days = rnd.lognormvariate(log(OPEN_DAYS), OPEN_SPREAD)
            return self._before(min(longest, days)), None
        open_days = rnd.lognormvariate(log(CLOSING_DAYS), CLOSING_SPREAD)
        closed = CLOSED_WITHIN * rnd.random() ** 1.5
        entered = min(longest, closed + open_days)
        return self._before(entered), self._before(min(closed, entered * 0.9))

    def _before(self, days: float) -> datetime:
        return self._now - timedelta(minutes=int(days * 1440))

    def _crime_reference(self, entered_at: str) -> str:
        year = entered_at[2:4]
        return f"{self._force}/{self._serials.take(f'crime {year}', 99_991):05}/{year}"

    def _warrant(self, risk: str, entered_at: datetime) -> Row:
        town, _ = names.TOWNS[self._force]
        serial = self._serials.take(f"warrant {entered_at.year}", 99_991)
        return {
            "warrant_number": f"{town[:3].upper()}/{entered_at.year}/{serial:05}",
            "court": f"{town} {names.COURTS.draw(self._rnd)}",
            "warrant_category": names.WARRANT_CATEGORIES[risk],
        }

    def _owner(self, reason: str, *, is_domestic: bool) -> Row:
        if self._rnd.random() < OFFICER_SHARE:
            return {"owner_officer": _one_of(self._rnd, self._officers)}
        team = _one_of(self._rnd, names.TEAMS[reason])
        return {"owner_team": names.DOMESTIC_ABUSE_TEAM if is_domestic else team}


def made_up_activity(
    force: str, seed: int, now: datetime, wants: Iterable[Row]
) -> Iterator[dict[str, Any]]:
    """Give what was done about some 60 in 100 of the wants, each want's entries in time order.

    Every entry has `want_source_ref`, `kind`, `occurred_at` and `officer`; an attempt also has
    `place` and `result`, a circulation `state` and `pnc_reference`, every other kind `text`.
    """
    rnd, serials = _repeatable("activity", force, seed), _Serials()
    for want in wants:
        start = datetime.fromisoformat(want["entered_at"])
        end = datetime.fromisoformat(want["outcome_at"]) if "outcome_at" in want else _in_utc(now)
        entries = _entries(rnd, want, (end - start).total_seconds() / 86400)
        officer = want.get("owner_officer") or str(rnd.randrange(1000, 9999))
        for days, entry in sorted(entries, key=itemgetter(0)):
            occurred_at = start + timedelta(seconds=int(days * 86400))
            if entry["kind"] == "circulation":
                entry["pnc_reference"] = f"{force}W{serials.take('circulation', 999_983):06}"
            yield {
                "want_source_ref": want["source_ref"],
                "occurred_at": occurred_at.isoformat(),
                "officer": officer,
                **entry,
            }


def _entries(rnd: Random, want: Row, days: float) -> list[tuple[float, dict[str, str]]]:
    """List (days after entry, entry) for one want that was open for so many days."""
    is_open = "outcome_at" not in want
    is_circulated = is_open and rnd.random() < names.CIRCULATED_SHARES[want["reason"]]
    if not is_circulated and rnd.random() >= OTHER_ACTIVE_SHARE:
        return []
    count = 1 + int(rnd.random() * min(MOST_ENTRIES, 1 + days / 7))
    entries = [(days * rnd.random(), _entry(rnd)) for _ in range(count)]
    if is_circulated:
        soon = min(days, rnd.lognormvariate(0, 1)) * rnd.random()
        entries.append((soon, {"kind": "circulation", "state": "circulated"}))
    if days > FIRST_VALIDATION and rnd.random() < VALIDATED_SHARE:
        at = FIRST_VALIDATION * (0.8 + 0.2 * rnd.random())
        entries.append((at, {"kind": "validation", "text": names.VALIDATION}))
    return entries


def _entry(rnd: Random) -> dict[str, str]:
    kind = names.ACTIVITIES.draw(rnd)
    if kind == "attempt":
        place, result = names.ATTEMPT_PLACES.draw(rnd), names.ATTEMPT_RESULTS.draw(rnd)
        return {"kind": kind, "place": place, "result": result}
    return {"kind": kind, "text": _one_of(rnd, ENTRY_TEXTS[kind])}


def _one_of(rnd: Random, things: Sequence[str]) -> str:
    return things[int(rnd.random() * len(things))]


def _in_utc(now: datetime) -> datetime:
    if now.tzinfo is None:
        message = "Give the moment with its zone, as the clock does."
        raise ValueError(message)
    return now.astimezone(UTC)
