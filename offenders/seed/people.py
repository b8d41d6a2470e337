"""People with their kin, identifiers, other names, homes, vehicles and markers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from offenders.seed import communities, traits
from offenders.seed.homes import Homes, moved_in
from offenders.seed.names import in_form, other_spelling
from offenders.seed.rows import day, repeatable
from offenders.seed.serials import LATIN, Serials, check_letter
from offenders.seed.traits import YEAR
from offenders.seed.weighted import EVEN, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from offenders.seed.homes import Ward
    from offenders.seed.names import Community
    from offenders.seed.rows import Row, Scale

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
PREVIOUS_SHARE = 0.35
OTHER_ADDRESS_SHARE = 0.15
VEHICLE_SHARE = 0.25
MARKER_SHARE = 0.25
MONTHS = 12


def made_up_people(
    force: str, scale: Scale, seed: int, today: date, wards: Sequence[Ward]
) -> Iterator[Row]:
    """Give the rows of `people` to import; without wards the addresses have no coordinates."""
    maker = _PersonMaker(force, scale, repeatable("people", force, seed), today, wards)
    return (maker.person(number) for number in range(1, scale.people + 1))


@dataclass(slots=True)
class _Persona:
    community: Community
    family_name: str
    given_names: str
    sex: str
    born: int
    home: Row | None


class _PersonMaker:
    """Makes one force's people one after another; some are kin of the one before."""

    def __init__(
        self, force: str, scale: Scale, rnd: Random, today: date, wards: Sequence[Ward]
    ) -> None:
        self._rnd, self._today, self._now = rnd, today, today.toordinal()
        self._force = int(force)
        self._communities = communities.LEICESTERSHIRE if force == "33" else communities.ELSEWHERE
        self._homes = Homes(force, scale.people, rnd, today, wards)
        self._serials = Serials()
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
            row["date_of_birth"] = day(who.born)
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
        community, sex = self._communities.draw(rnd), traits.SEXES.draw(rnd)
        youngest, oldest = traits.AGE_BANDS.draw(rnd)
        born = self._now - int((youngest + rnd.random() * (oldest - youngest)) * YEAR)
        if rnd.random() < FIRST_OF_JANUARY:
            born = date(date.fromordinal(born).year, 1, 1).toordinal()
        return self._called(community, community.surname(rnd, sex), sex, born)

    def _called(self, community: Community, surname: str, sex: str, born: int) -> _Persona:
        given = community.given_names(self._rnd, sex, date.fromordinal(born).year)
        given = given.removesuffix(f" {surname}")
        home = None if self._rnd.random() < NO_FIXED_ABODE else self._homes.home("home", born)
        return _Persona(community, surname, given, sex, born, home)

    def _is_grown(self, who: _Persona) -> bool:
        return who.born < self._now - PARTNER_AGE * YEAR

    def _kin(self, other: _Persona) -> _Persona:
        rnd, age = self._rnd, (self._now - other.born) / YEAR
        kind = traits.KIN.draw(rnd) if self._is_grown(other) else "sibling"
        if kind == "housemate":
            kin = self._stranger()
            kin.home = moved_in(other.home, kin.born)
            return kin
        sex = traits.SEXES.draw(rnd)
        surname = in_form(other.family_name, sex)
        if kind == "partner":
            sex = "female" if other.sex == "male" else "male"
            own = rnd.random() >= SAME_SURNAME_PARTNER
            surname = (own and other.community.surname(rnd, sex)) or other.family_name
        born = other.born if kind == "twin" else self._now - int(_kin_age(rnd, kind, age) * YEAR)
        kin = self._called(other.community, surname, sex, born)
        while kind in {"sibling", "twin"} and kin.given_names == other.given_names:
            kin = self._called(other.community, surname, sex, born)
        if kind in {"twin", "partner"} or rnd.random() >= MOVED_OUT:
            kin.home = moved_in(other.home, born)
        return kin

    def _identify(self, row: Row, who: _Persona) -> None:
        rnd, force = self._rnd.random, self._force
        if rnd() >= PNC_SHARE:
            return
        known_years = (self._now - who.born) / YEAR - traits.YOUNGEST
        met = who.born + int((traits.YOUNGEST + min(30, known_years) * rnd() ** 2) * YEAR)
        year = date.fromordinal(met).year
        # Counted down from the top of the range, where made-up numbers seldom meet real ones.
        serial = 9_999_999 - force * 100_000 - self._serials.take(f"PNC {year}", 100_000)
        row["pnc_id"] = f"{year}/{serial:07}{check_letter(year % 100 * 10**7 + serial)}"
        if rnd() < CRO_SHARE:
            row["cro_number"] = self._cro_number(year % 100)
        if rnd() < PRISON_SHARE and self._is_grown(who):
            row["prison_number"] = self._prison_number()

    def _cro_number(self, year: int) -> str:
        serial = 999_999 - self._force * 10_000 - self._serials.take(f"CRO {year:02}", 10_000)
        letter = check_letter(year * 10**6 + serial)
        if self._rnd.random() < FINGERPRINT_FILE_SHARE:
            return f"SF{year:02}/{serial}{letter}"
        return f"{serial:06}/{year:02}{letter}"

    def _prison_number(self) -> str:
        # Prison numbers are issued from A upwards; a real one does not begin with Z.
        serial = self._force * 60_000 + self._serials.take("prison", 60_000)
        high, low = divmod(serial, 10_000)
        return f"Z{low:04}{LATIN[high // 26]}{LATIN[high % 26]}"

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
        rnd, kind = self._rnd, traits.ALIASES.draw(self._rnd)
        alias = {
            "family_name": who.family_name,
            "given_names": who.given_names,
            "type": "former" if kind == "former" else "alias",
        }
        match kind:
            case "spelling":
                alias["given_names"] = other_spelling(rnd, who.given_names)
            case "surname_spelling":
                alias["family_name"] = other_spelling(rnd, who.family_name)
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

    def _addresses(self, who: _Persona) -> list[Row]:
        rnd = self._rnd.random
        homes = [who.home] if who.home else []
        if rnd() < PREVIOUS_SHARE:
            before = self._homes.home("previous", who.born)
            if who.home:
                left = date.fromisoformat(who.home["from"]).toordinal()
                before["from"] = day(max(who.born, left - 30 - int(rnd() * 2000)))
            homes.append(before)
        if rnd() < OTHER_ADDRESS_SHARE:
            kind = traits.OTHER_ADDRESSES.draw(self._rnd) if self._is_grown(who) else "other"
            homes.append(self._homes.home(kind, who.born))
        return homes

    def _vehicles(self) -> list[Row]:
        rnd = self._rnd
        if rnd.random() >= VEHICLE_SHARE:
            return []
        return [self._vehicle() for _ in range(1 + (rnd.random() < FURTHER))]

    def _vehicle(self) -> Row:
        rnd = self._rnd
        year = self._today.year - 1 - int(rnd.random() ** 1.5 * 17)
        age = year % 100 + 50 * (rnd.random() < EVEN)
        area = one_of(rnd, traits.MARK_AREAS) + one_of(rnd, traits.MARK_AREAS)
        last = one_of(rnd, traits.MARK_LETTERS) + one_of(rnd, traits.MARK_LETTERS)
        return {
            "registration_mark": f"{area}{age:02}Q{last}",
            "make": traits.VEHICLE_MAKES.draw(rnd),
            "colour": traits.VEHICLE_COLOURS.draw(rnd),
        }

    def _markers(self) -> list[Row]:
        rnd = self._rnd
        if rnd.random() >= MARKER_SHARE:
            return []
        codes = dict.fromkeys(traits.MARKERS.draw(rnd) for _ in range(1 + int(rnd.random() * 2.3)))
        return [{"code": code, "rationale": traits.MARKER_RATIONALES[code]} for code in codes]


def _names_of(alias: Row) -> tuple[str, str, str | None]:
    return alias["family_name"], alias["given_names"], alias.get("date_of_birth")


def _other_date(rnd: Random, born: int) -> str:
    birthday = date.fromordinal(born)
    if birthday.day <= MONTHS and birthday.day != birthday.month:
        return date(birthday.year, birthday.day, birthday.month).isoformat()
    return day(born + (-365 if rnd.random() < EVEN else 365))


def _kin_age(rnd: Random, kind: str, age: float) -> float:
    share = rnd.random()
    match kind:
        case "sibling":
            gap = 1 + 8 * share
            age += gap if age - gap < traits.YOUNGEST or rnd.random() < EVEN else -gap
        case "partner":
            age = max(PARTNER_AGE, age - 7 + 14 * share)
        case _:
            # Only whoever is old enough gets a child of known age; the others get a parent.
            child = 18 + min(20, age - 18 - traits.YOUNGEST) * share
            age += -child if age > PARENT_AGE else 18 + 18 * share
    return min(traits.OLDEST, age)
