"""Packs as files to take along: all made from the one pack that was redacted for its reader.

Every page, sheet and row bears the protective marking, who read it and when. Whatever a
spreadsheet would take for a formula is made text.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.meetings.rules import SECTIONS
from offenders.domain.working_days import LONDON

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MARKING: Final = "OFFICIAL-SENSITIVE"
MASKED: Final = "(masked)"
NO_DATA: Final = "no data"
MEDIA_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:?[0-9]{2})")
# At the start of a cell, or of what another separator would make a cell, also behind quotes and in
# the full-width forms that some tables take for the same.
_FORMULA: Final = re.compile(r"(^|[\t\r\n;,|])([\s\"'\u00a0]*)([=+\-@\uff1d\uff0b\uff0d\uff20])")
_STARTS: Final = ("\t", "\r", "\n")
_OWN_COLUMNS: Final = ("type", "id", "reference", "person", "masked")
_OWNER: Final = ("owner_officer", "owner_team")
_PERSON: Final = ("reference", "family_name", "given_names", "date_of_birth", "is_child", "markers")


@dataclass(frozen=True)
class Mark:
    """Who reads a pack, when and what for: what its watermark says."""

    reader: str
    at: datetime
    purpose: str

    @property
    def text(self) -> str:
        """Give the watermark as one line."""
        return f"{MARKING} · read by {self.reader} at {shown_moment(self.at)} · {self.purpose}"


@dataclass(frozen=True)
class Row:
    """One row of a section as text: what it is, whom it is about, whose it is, and the rest."""

    number: int
    type: str
    id: str
    reference: str
    person: Mapping[str, str]
    owner: str
    facts: Mapping[str, str]
    masked: str

    @property
    def who(self) -> str:
        """Give the person as a line."""
        return said_of(self.person)

    @property
    def details(self) -> str:
        """Give all the rest as a line; what is empty says nothing."""
        return "; ".join(f"{label(name)}: {value}" for name, value in self.facts.items() if value)


def said_of(person: Mapping[str, str]) -> str:
    """Give a person as a line, a child marked."""
    names = ", ".join(filter(None, (person["family_name"].upper(), person["given_names"])))
    born = f"born {person['date_of_birth']}" if person["date_of_birth"] else ""
    child = "CHILD" if person["is_child"] == "yes" else ""
    return " · ".join(filter(None, (names, born, child, person["markers"], person["reference"])))


def shown_moment(moment: datetime) -> str:
    """Give a moment as clocks in London show it."""
    return moment.astimezone(LONDON).strftime("%Y-%m-%d %H:%M")


def label(name: str) -> str:
    """Give the name of a field as it is said."""
    return name.replace("_", " ")


def title(section: Mapping[str, Any]) -> str:
    """Give the title of a section."""
    return SECTIONS[section["section"]].title


def counted(section: Mapping[str, Any]) -> str:
    """Say how many rows a section has, and how many more than are listed."""
    if section["count"] is None:
        return MASKED
    if section["count"] == "no_data":
        return NO_DATA
    more = f", {section['more']} more are not listed" if section["more"] else ""
    return f"{section['count']}{more}"


def grouped(section: Mapping[str, Any]) -> str:
    """Say how the rows of a section fall into groups."""
    return "; ".join(
        f"{label(each['group'])}: {MASKED if each['count'] is None else each['count']}"
        for each in section["groups"]
    )


def rows_of(section: Mapping[str, Any]) -> Iterator[Row]:
    """Give the rows of a section as text."""
    for number, item in enumerate(section["items"], start=1):
        hidden = set(item["masked"])
        person = item.get("person") or {}
        said = {
            name: as_text(value, is_masked=name in hidden)
            for name, value in item.items()
            if name not in (*_OWN_COLUMNS, *_OWNER)
        }
        masked_person = MASKED if "person" in hidden else ""
        yield Row(
            number=number,
            type=as_text(item.get("type"), is_masked="type" in hidden),
            id=as_text(item.get("id"), is_masked="id" in hidden),
            reference=as_text(item.get("reference"), is_masked="reference" in hidden),
            person={name: as_text(person.get(name)) for name in _PERSON}
            | ({"family_name": masked_person} if masked_person else {}),
            owner=" ".join(filter(None, (as_text(item.get(name)) for name in _OWNER))),
            facts=said,
            masked=", ".join(item["masked"]),
        )


def as_text(value: Any, *, is_masked: bool = False) -> str:
    """Give a value of the pack as people read it."""
    if value is None:
        return MASKED if is_masked else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        value = [value.get("name") or value["code"]] if "code" in value else [*value.values()]
    if isinstance(value, list):
        return ", ".join(filter(None, map(as_text, value)))
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return shown_moment(datetime.fromisoformat(value))
    return str(value)


def harmless(text: str) -> str:
    """Give text that no spreadsheet takes for a formula, however it splits the line."""
    made = _FORMULA.sub(r"\1\2'\3", text)
    return f"'{made}" if made.startswith(_STARTS) else made


def file_name(content: Mapping[str, Any], form: str) -> str:
    """Give the name of a file: the meeting's reference, which names nobody."""
    return f"{content['meeting']['reference']}.{form}"


CSV_COLUMNS: Final = (
    "section",
    "number",
    "type",
    "reference",
    "id",
    *(f"person_{name}" for name in _PERSON),
    "owner",
    "details",
    "masked",
    "marking",
    "read_by",
    "read_at",
    "purpose",
)


def as_csv(content: Mapping[str, Any], mark: Mark) -> bytes:
    """Make one table of all sections; the first row of each counts it."""
    out = io.StringIO()
    # Opened by a click, spreadsheets take the file for UTF-8 only with this mark before it.
    out.write("\ufeff")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(CSV_COLUMNS)
    watermark = (MARKING, mark.reader, mark.at.isoformat(timespec="seconds"), mark.purpose)
    nobody = ("",) * len(_PERSON)
    for section in content["sections"]:
        code = section["section"]
        counts = "; ".join(filter(None, (f"count: {counted(section)}", grouped(section))))
        head = (code, "", "section", "", "", *nobody, "", counts, ", ".join(section["masked"]))
        writer.writerow([harmless(cell) for cell in (*head, *watermark)])
        for row in rows_of(section):
            cells = (code, str(row.number), row.type, row.reference, row.id, *row.person.values())
            rest = (row.owner, row.details, row.masked, *watermark)
            writer.writerow([harmless(cell) for cell in (*cells, *rest)])
    return out.getvalue().encode()
