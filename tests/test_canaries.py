"""Every route, by every role, of own, shared, restricted and other records: no canary gets out.

The routes are those of the address map, the roles those of the table of permissions. A route that
takes an id of a new kind fails here until `canary_world.py` plants such a record; one that needs
a parameter, until QUERIES says which.
"""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from canary_world import AGENCY, OWN, build, later
from marshmallow import fields as mm

from offenders.domain.access import AREA_ROLES, SENDING_ROLES
from offenders.domain.permissions import PERMISSIONS

# Parameters of an address that name no record of a person.
CODES = {
    "force_code": "33",
    "code": "E1",
    "name": "overdue-arrests",
    "kind": "duplicates",
    "import_id": None,  # no import is made here: what it keeps is what its sender sent
    "subscription": None,  # its receiver is asked when it is made: tests/subscriptions
    "merge": None,  # tests/sharing/test_restrictions.py merges restricted people
    "duplicate": None,  # made by imports alone; both people of a pair are hidden by policy
}
# Further questions that a route must or can be asked; {person} is of whom.
QUERIES = {
    "/v1/people": [
        "name={word}&count=true",
        "neighbourhood=E1&count=true",
        "date_of_birth=1990-01-01",
    ],
    "/v1/populations": ["area_type=force"],
    "/v1/audit/events": ["limit=200"],
}
# Posts that change nothing, with what they take.
SEARCHES = {"/v1/rules/preview": lambda: {"at": later(24)}}
CHANGING = frozenset(
    {"alteration", "collection", "combination", "erasure", "disclosure", "operation", None}
)
TAKES = frozenset({"emergency.take"})  # changes who may read: tests/sharing


KNOWN = frozenset().union(*PERMISSIONS.values())


def like(role):
    """What makes two roles answer alike."""
    return PERMISSIONS[role], role in AREA_ROLES, role in SENDING_ROLES


ROLES = list({like(role): role for role in sorted(PERMISSIONS, reverse=True)}.values())


@pytest.fixture
def world(client, headers, session):
    return build(client, headers, session)


def readable(answer):
    """Give all that an answer tells: body, PDF and sheets as text, and every header."""
    kind = answer.headers.get("Content-Type", "")
    told = "\n".join(f"{name}: {value}" for name, value in answer.headers)
    if "pdf" in kind:
        from pypdf import PdfReader

        pages = PdfReader(BytesIO(answer.data)).pages
        return told + "\n".join(page.extract_text() for page in pages)
    if "spreadsheet" in kind:
        from openpyxl import load_workbook

        book = load_workbook(BytesIO(answer.data))
        cells = (str(cell) for sheet in book for row in sheet.values for cell in row)
        return told + "\n".join(cells)
    return told + answer.get_data(as_text=True)


def addresses(world, rule):
    """Give the addresses of a rule by whose record they name."""
    names = re.findall(r"<(?:[^:>]+:)?([^>]+)>", rule)
    if not names:
        return {"all": rule}
    if any(name in CODES for name in names):
        values = {name: CODES.get(name) for name in names}
        return {} if None in values.values() else {"all": filled(rule, values)}
    told = f"Plant a record that <{names}> of {rule} can name, in tests/canary_world.py."
    assert all(name in world.ids for name in names), told
    owners = set.intersection(*(set(world.ids[name]) for name in names))
    owners |= {"open"} if "open" in world.ids[names[0]] else set()
    return {
        whose: filled(rule, {name: world.ids[name].get(whose, "x") for name in names})
        for whose in sorted(owners)
    }


def filled(rule, values):
    return re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda found: values[found[1]], rule)


def questions(world, rule, schema):
    """Give the queries that a list is asked: as it is, of one person, and in each format."""
    given = [each.format(word="{word}") for each in QUERIES.get(rule, ())]
    known = schema.fields if schema is not None else {}
    if "person_id" in known and "<" not in rule:
        given.append(f"person_id={world.ids['person']['restricted']}")
    if "format" in known:
        given += [f"format={each}" for each in choices(known["format"])]
    words = [f"Zq{whose}namevx" for whose in ("restricted", "other")]
    asked = [each.format(word=word) for each in given for word in words if "{word}" in each]
    whole = "count=true&limit=200" if "count" in known else ""
    return [whole, *asked, *(each for each in given if "{word}" not in each)]


def choices(known):
    assert isinstance(known, mm.Field)
    return [each for check in known.validators for each in getattr(check, "choices", ())]


def query_schemas(app):
    """Give the schema of the query of each GET, from the specification of the routes."""
    found = {}
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if "GET" in rule.methods:
            found[rule.rule] = getattr(view, "query_schema", None)
    return found


def asked_of(world, client):
    """Give (method, rule, operation, address, body) of every question that changes nothing."""
    schemas = query_schemas(client.application)
    for (rule, method), operation in client.application.extensions["operations"].items():
        if operation.scope == "public":
            continue
        if method == "GET":
            for path in addresses(world, rule).values():
                for query in questions(world, rule, schemas[rule]):
                    yield method, rule, operation, f"{path}?{query}" if query else path, None
        elif rule in SEARCHES:
            yield method, rule, operation, rule, SEARCHES[rule]()
        else:
            told = f"Say in SEARCHES what POST {rule} takes: it only looks things up."
            assert operation.audit_class in CHANGING or operation.name in TAKES, told


def test_no_canary_gets_out_and_nobody_looks_for_what_is_masked(world, client, headers, capfd):
    items = look_for_canaries(world, client, headers)
    logged = capfd.readouterr()
    assert [each.word for each in world.canaries if each.word in logged.err + logged.out] == []
    look_for_what_is_masked(client, headers, items)


def look_for_canaries(world, client, headers):
    """Ask everything as each role; give what each list showed to each."""
    asked = list(asked_of(world, client))
    assert len(asked) > 150
    assert len({each.word for each in world.canaries}) == len(world.canaries) > 60
    assert set().union(*(each.opened_by for each in world.canaries)) <= KNOWN
    found, problems, items = {}, [], {}
    for role in ROLES:
        claims = {"agency": AGENCY} if role == "partner_agency" else {}
        force = None if role == "national_analyst" else OWN
        sent = headers(role, force=force, name=f"reader {role}", **claims)
        groups = world.shared_groups if role == "partner_agency" else frozenset()
        closed = [each for each in world.canaries if not each.is_open_to(role, groups)]
        for method, rule, operation, path, body in asked:
            if {operation.permission, operation.shared}.isdisjoint(PERMISSIONS[role]):
                continue
            if operation.scope == "reference" and role != ROLES[0]:
                continue  # codes and areas of any force, the same to all
            answer = client.open(path, method=method, json=body, headers=sent)
            assert answer.status_code in {200, 403, 404, 422}, (role, path, answer.json)
            if "<" not in rule and method == "GET" and answer.status_code == 200:
                items.setdefault(rule, {}).setdefault(role, items_of(answer))
            told = readable(answer).replace(path, "")
            for canary in world.canaries:
                if canary.word in told:
                    found.setdefault(canary.word, set()).add(role)
            problems += [
                (role, path, answer.status_code, each.word) for each in closed if each.word in told
            ]
    assert problems == [], "\n".join(map(str, problems))
    open_words = {each.word for each in world.canaries if each.opened_by or each.groups}
    assert open_words - set(found) == set(), "planted where nobody ever looks"
    return items


def items_of(answer):
    content = answer.get_json(silent=True)
    return content.get("items") or [] if isinstance(content, dict) else []


# What a filter asks of beyond the field of its own name.
TELLS = {"intervention": "log", "owner": "owner_officer", "team": "owner_team"}
ENDS = ("_overdue", "_before", "_from", "_to")


def concerned(name, masked):
    """Give the masked fields of which a filter tells something."""
    stem = next((name.removesuffix(end) for end in ENDS if name.endswith(end)), None)
    by_day = {f"{stem}_on", f"{stem}_at", f"{stem}_due_on", f"{stem}_due_at", f"{stem}s"}
    return masked & ({name, TELLS.get(name)} | (by_day if stem else set()))


def example(known):
    """Give a value that the filter takes."""
    if isinstance(known, mm.Boolean):
        return "true"
    if isinstance(known, mm.Date):
        return "2026-01-01"
    if isinstance(known, mm.UUID):
        return "00000000-0000-8000-8000-000000000000"
    return next(iter(choices(known)), "2026-01-01T00:00:00Z")


def filters_of(known):
    """Give each filter of a list with a question by it; a sort is asked by each of its orders."""
    for name, each in known.fields.items():
        asked = each.data_key or name
        if asked == "sort":
            yield from ((order, f"sort={order}") for order in choices(each))
        elif asked not in PAGING:
            yield asked, f"{asked}={example(each)}"


PAGING = {"limit", "cursor", "count", "as_at"}


def look_for_what_is_masked(client, headers, items_by_rule):
    """Filter and sort each list, as each role, by what it masks from the role: 403."""
    known = query_schemas(client.application)
    tried, problems = 0, []
    for rule, shown in items_by_rule.items():
        every = {key for items in shown.values() for each in items for key in each}
        for role, items in shown.items():
            masked = {key for each in items for key in each.get("masked") or ()}
            masked |= every - {key for each in items for key in each} if items else set()
            for name, query in filters_of(known[rule]):
                if concerned(name, masked):
                    tried += 1
                    path = f"{rule}?{query}"
                    sent = headers(role, agency=AGENCY)
                    status = client.get(path, headers=sent).status_code
                    problems += [] if status == 403 else [(role, path, status)]
    assert problems == [], "\n".join(map(str, problems))
    assert tried > 20
