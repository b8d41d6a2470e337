"""A made-up register and PNC file: each case says what of it differs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from offenders.domain.identifiers import LETTERS

if TYPE_CHECKING:
    from random import Random

OFFENCES = ("TH68036", "OF61102", "TH68023", "CD71039")
_serial = count(1_000)


def pnc_id():
    """Make up a PNC ID whose letter is right."""
    serial = next(_serial)
    return f"2016/{serial:07}{LETTERS[(16 * 10**7 + serial) % 23]}"


def cro_number():
    """Make up a CRO number whose letter is right."""
    serial = next(_serial)
    return f"{serial:06}/16{LETTERS[(16 * 10**6 + serial) % 23]}"


def ago(**time):
    """Give a moment before now."""
    return (datetime.now(UTC) - timedelta(**time)).isoformat()


def letters(number):
    """Give a name that no other number gives."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


class Kept(list):
    """A sink that keeps the problems it is given."""

    def add(self, problems):
        self.extend(problems)


@dataclass
class World:
    """Rows to import, what to set of wants before and after PNC's file, and what must be found."""

    rnd: Random
    people: list = field(default_factory=list)
    wants: list = field(default_factory=list)
    before: list = field(default_factory=list)  # (want, columns) as known before the file
    after: list = field(default_factory=list)  # (want, columns) as changed after the file
    also_cro: list = field(default_factory=list)  # (person, CRO number that another has)
    earlier: list = field(default_factory=list)  # rows of the file of the night before
    pnc: list = field(default_factory=list)
    expected: set = field(default_factory=set)  # (kind, want, row of the file)
    cases: dict = field(default_factory=dict)  # by want or row, the case it is of

    def add(self, case):
        """Add a case, and remember which wants and rows are its own."""
        before = len(self.wants), len(self.pnc)
        case(self)
        for each in (*self.wants[before[0] :], *self.pnc[before[1] :]):
            self.cases[each["source_ref"]] = case.__name__

    def said(self):
        """Give what must be found, each with its case."""
        return sorted(map(self.named, self.expected), key=str)

    def named(self, difference):
        """Give a difference with its case, so that a failure says what it is about."""
        _kind, want, row = difference
        return (self.cases[want or row], *difference)

    def person(self, *, identified=True, **facts):
        """Add a person of a name nobody else has."""
        number = next(_serial)
        person = {
            "source_ref": f"P{number}",
            "family_name": f"Fam{letters(number)}",
            "given_names": f"Giv{letters(number)}",
            "date_of_birth": (date(1960, 1, 1) + timedelta(days=number % 15_000)).isoformat(),
            "sex": "male",
            "pnc_id": pnc_id() if identified else None,
        } | facts
        self.people.append({key: value for key, value in person.items() if value is not None})
        return person

    def want(self, person, circulation="not_circulated", reference=None, *, days=30, **facts):
        """Add a want, so many days old; one that is circulated was so the day after entry."""
        number = next(_serial)
        want = {
            "source_ref": f"W{number}",
            "person_source_ref": person["source_ref"],
            "reason": "named_suspect",
            "offence_code": self.rnd.choice(OFFENCES),
            "crime_reference": f"33/{number}/26",
            "risk": self.rnd.choice(["very_high", "high", "medium", "standard"]),
            "entered_at": ago(days=days),
            "owner_officer": str(number),
        } | facts
        self.wants.append(want)
        if circulation != "not_circulated":
            columns = {"circulation": circulation, "pnc_reference": reference}
            if circulation != "requested":
                columns["circulated_at"] = ago(days=days - 1)
            if circulation == "cancelled":
                columns["circulation_cancelled_at"] = ago(days=days - 3)
            self.before.append((want["source_ref"], columns))
        return want

    def row(self, person=None, want=None, *, to=None, **facts):
        """Add a row of PNC's file on a person, with the offence of a want."""
        number = next(_serial)
        row = {
            "source_ref": f"R{number}",
            "pnc_reference": reference(number),
            "circulated_at": ago(days=29),
            "report_type": "wanted",
        }
        if person is not None:
            who = ("family_name", "given_names", "date_of_birth", "sex", "pnc_id", "cro_number")
            row |= {key: person[key] for key in who if person.get(key)}
        if want is not None:
            row["offence_code"] = want["offence_code"]
        row |= facts
        (self.pnc if to is None else to).append(row)
        return row

    def expect(self, kind, want=None, row=None):
        """Say that this difference must be found."""
        self.expected.add(
            (kind, want and want["source_ref"], row and row["source_ref"]),
        )


def reference(number=None):
    """Make up a PNC reference."""
    return f"33W{number or next(_serial):06}"


def other_offence(want):
    """Give an offence that isn't the want's."""
    return next(each for each in OFFENCES if each != want["offence_code"])


def no_difference(world):
    """Wanted and circulated, under the same reference."""
    person, ref = world.person(), reference()
    want = world.want(person, "circulated", ref)
    world.row(person, want, pnc_reference=ref)


def no_difference_in_marks_of_a_reference(world):
    """A reference is the same however its marks are typed."""
    person = world.person()
    number = next(_serial)
    want = world.want(person, "circulated", f"33/w/{number}")
    world.row(person, want, pnc_reference=f"33W {number}")


def no_difference_by_person(world):
    """The register doesn't say the reference."""
    person = world.person()
    world.row(person, world.want(person, "circulated"))


def no_difference_by_cro_number(world):
    """The person is known by CRO number alone."""
    person = world.person(identified=False, cro_number=cro_number())
    world.row(person, world.want(person, "circulated"))


def no_difference_by_reference_alone(world):
    """The person has no identifier at all."""
    person, ref = world.person(identified=False), reference()
    world.row(person, world.want(person, "circulated", ref), pnc_reference=ref)


def no_difference_in_an_alias(world):
    """PNC has a name that is an alias here."""
    person = world.person(aliases=[{"family_name": "Otherwise", "given_names": "Called"}])
    want = world.want(person, "circulated")
    world.row(person, want, family_name="OTHERWISE", given_names="Called Also")


def no_difference_in_how_given_names_are_written(world):
    """PNC has an initial, or two names as one, or one as two."""
    written = [("John", "J"), ("Ann Marie", "ANNMARIE"), ("Annmarie", "ANN MARIE")]
    here, there = world.rnd.choice(written)
    person = world.person(given_names=here)
    world.row(person, world.want(person, "circulated"), given_names=there)


def no_difference_of_a_reference_used_again(world):
    """The reference of a want that was closed and cancelled is now that of another."""
    person, ref = world.person(), reference()
    ended = {"outcome": "no_longer_wanted", "outcome_at": ago(days=80)}
    world.want(person, "cancelled", ref, days=100, **ended)
    want = world.want(person, "circulated", days=40)
    world.row(person, want, pnc_reference=ref)


def no_difference_of_two_wants(world):
    """Two wants, each with its circulation; which is whose follows from the offence."""
    person = world.person()
    one = world.want(person, "circulated", offence_code="TH68036")
    two = world.want(person, "circulated", offence_code="OF61102")
    world.row(person, two)
    world.row(person, one)


def no_difference_of_one_circulation_for_two_wants(world):
    """Two wants name the same reference."""
    person, ref = world.person(), reference()
    one = world.want(person, "circulated", ref, offence_code="TH68036")
    world.want(person, "circulated", ref, offence_code="OF61102")
    world.row(person, one, pnc_reference=ref)


def not_yet_due(world):
    """A fresh want need not be circulated yet."""
    world.want(world.person(), days=0.5)


def circulated_after_the_file(world):
    """What was done after the file came can't be in it."""
    want = world.want(world.person(), days=0.5)
    now = {"circulation": "circulated", "circulated_at": "now", "pnc_reference": reference()}
    world.after.append((want["source_ref"], now))


def cancelled_after_the_file(world):
    """A cancellation recorded after the file came is believed."""
    person, ref = world.person(), reference()
    want = world.want(person, "circulated", ref, outcome="arrested", outcome_at=ago(days=1))
    world.row(person, want, pnc_reference=ref)
    now = {"circulation": "cancelled", "circulation_cancelled_at": "now"}
    world.after.append((want["source_ref"], now))


def missing_on_pnc(world):
    """A missing person is not a wanted one."""
    world.row(world.person(), report_type="MISSING")


def unknown_offence(world):
    """A code that isn't one of the CJS is not compared."""
    person = world.person()
    want = world.want(person, "circulated")
    world.row(person, want, offence_code="5.1.1.1")


def closed_and_gone(world):
    """Closed, cancelled, and no longer on PNC."""
    world.want(
        world.person(), "cancelled", reference(), outcome="arrested", outcome_at=ago(days=28)
    )


def uncirculated(world):
    """Past its time, and nowhere on PNC; asked for or once cancelled is not circulated."""
    circulation = world.rnd.choice(["not_circulated", "requested", "cancelled"])
    world.expect("uncirculated", world.want(world.person(), circulation))


def uncirculated_beside_a_circulated_one(world):
    """Another want of the same person has its circulation."""
    person, ref = world.person(), reference()
    world.row(person, world.want(person, "circulated", ref), pnc_reference=ref)
    world.expect("uncirculated", world.want(person))


def not_on_pnc(world):
    """Marked circulated, and PNC never held it."""
    named = world.rnd.choice([None, reference()])
    world.expect("not_on_pnc", world.want(world.person(), "circulated", named))


def cancelled_on_pnc(world):
    """On PNC the night before, and no longer."""
    person, ref = world.person(), reference()
    want = world.want(person, "circulated", ref)
    world.row(person, want, to=world.earlier, pnc_reference=ref)
    world.expect("cancelled_on_pnc", want)


def unmatchable(world):
    """Neither reference nor identifier."""
    person = world.person(identified=False)
    world.expect("unmatchable", world.want(person, "circulated"))


def cancellation_not_recorded(world):
    """Closed, still marked circulated, and gone from PNC."""
    person, ref = world.person(), reference()
    ended = {"outcome": "surrendered", "outcome_at": ago(days=2)}
    world.expect("cancellation_not_recorded", world.want(person, "circulated", ref, **ended))


def person_unknown(world):
    """On PNC, and nobody here."""
    person = world.person()
    world.people.pop()
    world.expect("person_unknown", None, world.row(person, offence_code="TH68036"))


def person_possible(world):
    """The row has no identifier, but name and birthday of somebody here."""
    person = world.person()
    row = world.row(person)
    del row["pnc_id"]
    world.expect("person_possible", None, row)


def person_possible_by_an_initial(world):
    """PNC has the given name as an initial, or two as one."""
    person = world.person(identified=False, given_names="Ann Marie")
    initial = world.rnd.choice(["A", "ANNMARIE"])
    world.expect("person_possible", None, world.row(person, given_names=initial))


def person_possible_with_an_invalid_pnc_id(world):
    """An identifier that can't be right names nobody, though somebody here has it too."""
    person = world.person(identified=False, pnc_id="2016/0000001A")
    world.expect("person_possible", None, world.row(person))


def a_namesake(world):
    """The same name with another birthday is nobody known."""
    person = world.person()
    row = world.row(person, date_of_birth="1950-05-05")
    del row["pnc_id"]
    world.expect("person_unknown", None, row)


def a_brother_of_the_same_birthday(world):
    """The same family name and birthday with another given name is not even possible."""
    person = world.person()
    row = world.row(person, given_names="Benedict")
    del row["pnc_id"]
    world.expect("person_unknown", None, row)


def one_cro_number_of_two_people(world):
    """A number that two people have names neither; here it is told by name and birthday."""
    number = cro_number()
    person = world.person(identified=False, cro_number=number)
    world.also_cro.append((world.person(identified=False)["source_ref"], number))
    world.expect("person_possible", None, world.row(person))


def the_want_said_to_be_on_pnc(world):
    """Of two wants for one offence, the row is that of the one marked circulated."""
    person = world.person()
    offence = world.rnd.choice(OFFENCES)
    world.expect("uncirculated", world.want(person, days=60, offence_code=offence))
    world.row(person, world.want(person, "circulated", days=40, offence_code=offence))


def circulated_after_the_want_was_closed(world):
    """What was circulated after a want had ended is not that want's."""
    person = world.person()
    want = world.want(person, days=60, outcome="arrested", outcome_at=ago(days=50))
    world.expect("no_want", None, world.row(person, want, circulated_at=ago(days=5)))


def no_want(world):
    """Known, and not wanted."""
    world.expect("no_want", None, world.row(world.person(), offence_code="TH68036"))


def no_want_for_this_offence(world):
    """Wanted for something else, not yet due to be circulated."""
    person = world.person()
    want = world.want(person, days=0.5)
    world.expect("no_want", None, world.row(person, offence_code=other_offence(want)))


def closed_here(world):
    """Arrested here and still on PNC."""
    person, ref = world.person(), reference()
    ended = {"outcome": "arrested", "outcome_at": ago(days=2)}
    want = world.want(person, "circulated", ref, **ended)
    world.expect("closed_here", want, world.row(person, want, pnc_reference=ref))


def closed_here_never_marked(world):
    """Arrested here, never marked circulated, and on PNC."""
    person = world.person()
    want = world.want(person, outcome="arrested", outcome_at=ago(days=2))
    world.expect("closed_here", want, world.row(person, want))


def cancelled_here(world):
    """Cancelled here before the file, and still in it."""
    person, ref = world.person(), reference()
    want = world.want(person, "cancelled", ref, outcome="arrested", outcome_at=ago(days=28))
    world.expect("cancelled_here", want, world.row(person, want, pnc_reference=ref))


def cancelled_here_and_still_wanted(world):
    """Cancelled here though still wanted, and still on PNC."""
    person, ref = world.person(), reference()
    want = world.want(person, "cancelled", ref)
    world.expect("cancelled_here", want, world.row(person, want, pnc_reference=ref))


def duplicate_on_pnc(world):
    """Two circulations for one want: the later one is too many."""
    person, ref = world.person(), reference()
    want = world.want(person, "circulated", ref)
    world.row(person, want, pnc_reference=ref)
    world.expect("duplicate_on_pnc", want, world.row(person, want))


def not_marked_here(world):
    """On PNC, and the want doesn't say so."""
    person = world.person()
    want = world.want(person, world.rnd.choice(["not_circulated", "requested"]))
    world.expect("not_marked_here", want, world.row(person, want))


def reference_differs(world):
    """Circulated under another reference."""
    person = world.person()
    want = world.want(person, "circulated", reference())
    world.expect("reference_differs", want, world.row(person, want))


def offence_differs(world):
    """Circulated for another offence."""
    person, ref = world.person(), reference()
    want = world.want(person, "circulated", ref)
    row = world.row(person, want, pnc_reference=ref, offence_code=other_offence(want))
    world.expect("offence_differs", want, row)


def report_type_differs(world):
    """Held as locate or trace, which is no ground to arrest."""
    person, ref = world.person(), reference()
    want = world.want(person, "circulated", ref)
    row = world.row(person, want, pnc_reference=ref, report_type="LOCATE/TRACE")
    world.expect("report_type_differs", want, row)


def identity_differs_in_name(world):
    """The PNC ID is that of somebody called otherwise."""
    person = world.person()
    want = world.want(person, "circulated")
    name = world.rnd.choice([{"family_name": "Elsewhere"}, {"given_names": "Somebody"}])
    world.expect("identity_differs", want, world.row(person, want, **name))


def identity_differs_in_birthday(world):
    """The PNC ID is that of somebody born on another day."""
    person = world.person()
    want = world.want(person, "circulated")
    world.expect("identity_differs", want, world.row(person, want, date_of_birth="1950-05-05"))


def identity_differs_of_two_people(world):
    """The reference is that of one person's want, the PNC ID another person's."""
    person, other, ref = world.person(), world.person(), reference()
    want = world.want(person, "circulated", ref)
    world.expect("identity_differs", want, world.row(other, want, pnc_reference=ref))


def identity_differs_of_one_of_two_wants(world):
    """Two people's wants name one reference: that of whom the PNC ID is not is wrong."""
    person, other, ref = world.person(), world.person(), reference()
    want = world.want(person, "circulated", ref, days=40, offence_code="TH68036")
    wrong = world.want(other, "circulated", ref, offence_code="TH68036")
    world.expect("identity_differs", wrong, world.row(person, want, pnc_reference=ref))


def everything_differs(world):
    """One row may differ in several ways, and none hides another."""
    person = world.person()
    ended = {"outcome": "arrested", "outcome_at": ago(days=2)}
    ref = reference()
    want = world.want(person, "circulated", ref, **ended)
    row = world.row(person, want, pnc_reference=ref, family_name="Elsewhere")
    world.expect("closed_here", want, row)
    world.expect("identity_differs", want, row)


CASES = (
    no_difference,
    no_difference_in_marks_of_a_reference,
    no_difference_by_person,
    no_difference_by_cro_number,
    no_difference_by_reference_alone,
    no_difference_in_an_alias,
    no_difference_in_how_given_names_are_written,
    no_difference_of_a_reference_used_again,
    no_difference_of_two_wants,
    no_difference_of_one_circulation_for_two_wants,
    not_yet_due,
    circulated_after_the_file,
    cancelled_after_the_file,
    missing_on_pnc,
    unknown_offence,
    closed_and_gone,
    uncirculated,
    uncirculated_beside_a_circulated_one,
    not_on_pnc,
    cancelled_on_pnc,
    unmatchable,
    cancellation_not_recorded,
    person_unknown,
    person_possible,
    person_possible_by_an_initial,
    person_possible_with_an_invalid_pnc_id,
    a_namesake,
    a_brother_of_the_same_birthday,
    one_cro_number_of_two_people,
    the_want_said_to_be_on_pnc,
    circulated_after_the_want_was_closed,
    no_want,
    no_want_for_this_offence,
    closed_here,
    closed_here_never_marked,
    cancelled_here,
    cancelled_here_and_still_wanted,
    duplicate_on_pnc,
    not_marked_here,
    reference_differs,
    offence_differs,
    report_type_differs,
    identity_differs_in_name,
    identity_differs_in_birthday,
    identity_differs_of_two_people,
    identity_differs_of_one_of_two_wants,
    everything_differs,
)
