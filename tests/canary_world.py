"""One force with a canary in every protected field, and another force with canaries throughout.

A canary is a word that stands nowhere else; `Canary.seen_by` says by which permission it may be
read, from the table of permissions alone. Whoever adds a field that not everybody may read plants
a canary in it here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from acro_given import act
from bail_given import Bail
from builders import given_detention, given_entry, given_neighbourhood, given_person, given_want
from forensics_given import Register as Forensics
from iom_given import Iom
from mappa_given import Mappa
from orders_given import Orders
from registrations_given import Register
from sharing_given import Sharing
from sqlalchemy import text

from offenders import clock
from offenders.db import Work, begin
from offenders.domain.permissions import PERMISSIONS
from offenders.jobs.timetable import JOBS, find_job

OWN, OTHER = "33", "31"
AGENCY = "probation"
# Whoever has one of these reads of people of the force; without any, not even a name.
OF_PEOPLE = frozenset(
    {
        "persons:read",
        "wanted:read",
        "custody:read",
        "forensics:read",
        "acro:read",
        "orders:read",
        "imports:write",
        "outbox:read",
    }
)


@dataclass(frozen=True)
class Canary:
    """A word, and the permissions any of which opens it; to partners, the field group."""

    word: str
    opened_by: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def is_open_to(self, role, groups):
        """Decide from the tables of permissions and of field groups."""
        if role == "partner_agency":
            return bool(self.groups & groups)
        return not self.opened_by.isdisjoint(PERMISSIONS[role])


@dataclass
class World:
    """What was planted: canaries, and for each parameter of an address its ids by whose it is."""

    canaries: list[Canary] = field(default_factory=list)
    ids: dict[str, dict[str, str]] = field(default_factory=dict)
    shared_groups: frozenset[str] = frozenset({"identity", "contact"})

    def word(self, name, *opened_by, groups=()):
        """Make a word of letters alone, so that it may stand in a name; plant it."""
        word = f"Zq{name.replace('-', '')}vx"
        self.canaries.append(Canary(word, frozenset(opened_by), frozenset(groups)))
        return word

    def knows(self, whose, **ids):
        """Say which record an address may name: `person`, `want`, …; whose it is."""
        for name, value in ids.items():
            self.ids.setdefault(name, {})[whose] = value


def build(client, headers, session):
    """Plant everything, once."""
    world = World()
    given_neighbourhood(client, "E1", lpa="N")
    _whole(world, client, headers, "open", OWN)
    _shared(world, client, headers)
    _whole(world, client, headers, "restricted", OWN)
    _whole(world, client, headers, "other", OTHER)
    sharing = Sharing(client, headers)
    for force in (OWN, OTHER):
        _met(world, client, headers, force)
    taken = sharing.take("duty_inspector", person_id=world.ids["person"]["open"])
    world.knows("open", access=taken["id"])
    for person in ("restricted", "restrictedvictim"):
        sharing.restrict({"id": world.ids["person"][person]}, "force_manager", officers=["nobody"])
    for job in JOBS:
        if job.raises_flags:
            begin(session, Work(OWN))
            job.effect_in(session, OWN)
    _decided(world, client, headers, session)
    begin(session, Work(OWN))
    for name, table in (("flag", "flags"), ("message", "outbox_messages")):
        found = session.execute(text(f"SELECT id FROM {table} WHERE force = '33' LIMIT 1")).scalar()
        if found is not None:
            world.knows("open", **{name: str(found)})
    return world


def _shared(world, client, headers):
    """Plant somebody shared with an agency, whose name it may read and whose markers not."""
    sharing = Sharing(client, headers)
    name = world.word("sharedname", *OF_PEOPLE, groups={"identity"})
    person = given_person(client, headers, family_name=name)
    marker = world.word("sharedmarker", "persons:read", groups={"markers"})
    given_entry(client, headers, person, "markers", code="VI", rationale=marker)
    note = world.word("sharednote", "persons:read")
    given_entry(client, headers, person, "notes", text=note)
    sharing.agree("contact", agency=AGENCY)
    share = sharing.share(person, agency=AGENCY)
    world.knows("shared", person=person["id"], share=share["id"])


def _whole(world, client, headers, whose, force):
    """Plant a person with a record in every register, and a canary in every protected field."""
    is_hidden = whose != "open"

    def word(name, *opened_by):
        return world.word(f"{whose}{name}", *(() if is_hidden else opened_by))

    person = given_person(client, headers, force=force, family_name=word("name", *OF_PEOPLE))
    _hang_on(word, world, client, headers, whose, force, person)
    given_entry(
        client, headers, person, "notes", force=force, text=word("note", "persons:read")
    )  # fmt: skip
    for handling in ("restricted", "covert"):
        note = word(handling, f"notes:read-{handling}")
        given_entry(
            client, headers, person, "notes", force=force, text=note, handling=handling
        )  # fmt: skip
    _records(word, world, client, headers, whose, force, person)
    _managed(word, world, client, headers, whose, force, person)


def _hang_on(word, world, client, headers, whose, force, person):
    """A victim, whose addresses are protected, and what stands in the association."""
    protected = "addresses:read-protected"
    victim = given_person(
        client,
        headers,
        force=force,
        family_name=word("victimname", *OF_PEOPLE),
        addresses=[{"lines": [word("victimhome", protected)], "type": "home"}],
    )
    given_entry(
        client,
        headers,
        person,
        "associations",
        force=force,
        person_id=victim["id"],
        type="victim_of",
        notes=word("victimnotes", protected),
    )
    world.knows(whose, person=person["id"])
    if whose != "other":
        world.knows(f"{whose}victim", person=victim["id"])


def _records(word, world, client, headers, whose, force, person):
    want = given_want(
        client,
        headers,
        person=person,
        force=force,
        crime_reference="C/1",
        risk="high",
        risk_rationale=word("rationale", "wanted:read"),
    )
    sent = headers("supervisor", force=force)
    for handling in ("restricted", "covert"):
        body = {"text": word(f"want{handling}", f"notes:read-{handling}"), "handling": handling}
        answer = client.post(f"/v1/wanted/{want['id']}/notes", json=body, headers=sent)
        assert answer.status_code == 201, answer.json
    _sampled(word, world, client, headers, whose, force, want)
    detention = given_detention(
        client, headers, person=person, force=force, nationality_stated="ROU", role="investigator"
    )
    check = detention["acro_checks"][0]
    if force == OWN:
        assert act(client, headers, check, "requests").status_code == 201
    bail = Bail(client, headers, force)
    text_of = word("bailcondition", "bail:read")
    record = bail.given(person_id=person["id"], conditions=[{"text": text_of, "type": "other"}])
    hit = Forensics(client, headers, force).enter(person_id=person["id"])
    _daily(word, world, client, headers, whose, force, want)
    world.knows(
        whose,
        want=want["id"],
        detention=detention["id"],
        check=check["id"],
        record=record["id"],
        hit=hit["id"],
    )


def _daily(word, world, client, headers, whose, force, want):
    """A task about the want, and briefing items about whom it is of."""
    sent = headers("supervisor", force=force)
    subject = {"type": "want", "id": want["id"]}
    action = f"Arrest at {word('taskaction', 'tasks:read', 'meetings:read')} before noon"
    body = {"action": action, "owner_team": "T1", "due_at": later(1), "subject": subject}
    task = client.post("/v1/tasks", json=body, headers=sent)
    assert task.status_code == 201, task.json
    world.knows(whose, task=task.json["id"])
    for handling in ("normal", "restricted", "covert"):
        permission = "briefings:read" if handling == "normal" else f"notes:read-{handling}"
        body = {
            "title": "Brief",
            "text": word(f"briefing{handling}", permission),
            "handling": handling,
            "handling_conditions": "Tell nobody.",
            "valid_until": later(24),
            "about": {"type": "person", "id": want["person"]["id"]},
        }
        item = client.post("/v1/briefings", json=body, headers=sent)
        assert item.status_code == 201, item.json
        world.knows(
            whose if handling == "normal" else f"{whose}{handling}", briefing=item.json["id"]
        )


def _decided(world, client, headers, session):
    """Tasks about a MAPPA case and a registration, overdue and flagged: known by their references."""
    begin(session, Work(OWN))
    opened = {"case": ("mappa_case", "mappa:read"),
              "registration": ("registration", "registrations:read-full")}  # fmt: skip
    for name, (kind, permission) in opened.items():
        subject = {"type": kind, "id": world.ids[name]["open"]}
        action = f"Meet them at {world.word(f'about{name}', permission)} gate"
        body = {"action": action, "owner_team": "T1", "due_at": later(1), "subject": subject}
        task = client.post("/v1/tasks", json=body, headers=headers("mappa_coordinator"))
        assert task.status_code == 201, task.json
        world.canaries.append(Canary(task.json["reference"], frozenset({permission})))
        world.knows(f"about {name}", task=task.json["id"])
    with clock.as_if_at(clock.now() + timedelta(days=30)):
        begin(session, Work(OWN))
        find_job("overdue-tasks").effect_in(session, OWN)
    flags = text("SELECT id, subject_id FROM flags WHERE force = '33' AND rule = 'overdue-tasks'")
    found = {str(row.subject_id): str(row.id) for row in session.execute(flags)}
    for name in opened:
        world.knows(f"about {name}", flag=found[world.ids["task"][f"about {name}"]])
    begin(session, Work(OWN))
    _met(world, client, headers, OWN, "after")


def _met(world, client, headers, force, whose="pack"):
    """A pack drawn while nobody was restricted yet, or afterwards."""
    made = client.post("/v1/meetings", json={}, headers=headers("supervisor", force=force))
    assert made.status_code == 201, made.json
    world.knows(whose if force == OWN else f"other {whose}", meeting=made.json["id"])


def _sampled(word, world, client, headers, whose, force, want):
    sent = headers("chief_officer", force=force)
    sample = client.post("/v1/reports/dip-samples", json={}, headers=sent).json
    (file,) = [each for each in sample["files"] if each["want"]["id"] == want["id"]]
    body = {
        "position": file["position"],
        "answers": dict.fromkeys(file["evidence"], "satisfactory"),
        "notes": word("samplenotes", "command:read"),
    }
    path = f"/v1/reports/dip-samples/{sample['id']}"
    answer = client.post(f"{path}/marks", json=body, headers=sent | {"If-Match": '"1"'})
    assert answer.status_code == 201, answer.json
    world.knows(whose, sample=sample["id"])


def _managed(word, world, client, headers, whose, force, person):
    iom = Iom(client, headers, force)
    reason = word("nominationreason", "iom:read-case")
    nomination = iom.nominate(person, theme="acquisitive", reason=reason)
    member = iom.read(iom.decide(nomination)["member_id"])
    iom.amend(member, objectives=word("objectives", "iom:read-case"))
    iom.done(
        member,
        "relatives",
        relation="child",
        family_name=word("relative", "iom:read-family"),
        concern=word("concern", "iom:read-family"),
    )
    panel = [{"agency": each} for each in ("police", "housing", "probation")]
    # What a meeting noted of nobody named is not hidden with one person.
    notes = "Nothing." if whose == "restricted" else word("meetingnotes", "iom:read-case")
    held = {"held_at": clock.now().isoformat(), "chair": "Insp 7", "chair_agency": "police"}
    meeting = iom.post("iom/meetings", **held, attendance=panel, notes=notes).json
    mappa = Mappa(client, headers, force)
    case = mappa.given(person_id=person["id"], level=2)
    attendance = [{"agency": "police", "attended": True, "name": "A"}]
    minutes = word("minutes", "mappa:read-minutes")
    mappa.done(case, "meetings", attendance=attendance, minutes=minutes, chair="Chair")
    register = Register(client, headers, force)
    registration = register.given(person_id=person["id"])
    told = word("polygraph", "registrations:read-polygraphs")
    register.done(
        registration, "polygraphs", result="significant_response", disclosure=told, action="recall"
    )
    order = Orders(client, headers, force).given(
        person_id=person["id"],
        conditions=[
            {
                "category": "non_contact",
                "text": f"Not to contact {(who := word('protectedperson', 'orders:read-protected'))}",
                "person": who,
                "place": word("protectedplace", "orders:read-whole"),
            }
        ],
    )
    world.knows(
        whose,
        member=member["id"],
        meeting=meeting["id"],
        nomination=nomination["id"],
        case=case["id"],
        registration=registration["id"],
        order=order["id"],
    )


def later(hours):
    return (clock.now() + timedelta(hours=hours)).isoformat()
