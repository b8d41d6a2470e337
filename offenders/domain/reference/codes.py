"""Loading the tables of codes that belong to no force, as their owner, at migration."""

from __future__ import annotations

import csv
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg2.extras import execute_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

DATA = Path(__file__).parent.parent.parent / "data"

_COUNTRY_NAMES = {"GBR": "United Kingdom"}


def load_codes(connection: Connection) -> None:
    """Load or refresh every table of codes; safe to repeat."""
    offences = [
        (row["code"], row["category"], row["title"], row["recordable"] == "true")
        for row in read_csv("offences.csv")
    ]
    forces = [
        (row["code"], row["name"], row["short_name"], row["kind"], row["region"] or None)
        for row in read_csv("forces.csv")
    ]
    figures = [
        tuple(value or None for value in row.values()) for row in read_csv("default_figures.csv")
    ]
    _upsert(connection, "forces", ("code",), "code,name,short_name,kind,region", forces)
    _upsert(connection, "offences", ("code",), "code,category,title,recordable", offences)
    _upsert(
        connection,
        "code_entries",
        ("list", "code"),
        "list,code,name,verified,source",
        [*_countries(), *_listed_codes()],
    )
    columns = (
        "rule,applies_to,figure,unit,from_on,to_on,severity,confidence,source,citation,watches"
    )
    _upsert(connection, "default_figures", ("rule", "applies_to", "from_on"), columns, figures)
    listed = list(read_csv("order_types.csv"))
    _upsert(
        connection,
        "order_types",
        ("code", "variant", "from_on"),
        ",".join(listed[0]),
        [
            tuple(_many(value) if name == "areas" else value or None for name, value in row.items())
            for row in listed
        ],
    )
    _upsert(
        connection,
        "installation",
        ("name",),
        "name,value",
        [("secret", secrets.token_hex(32))],
        keep=True,
    )
    connection.connection.commit()


def read_csv(name: str) -> Iterable[dict[str, str]]:
    """Read one of the data files of the package."""
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _many(written: str) -> list[str]:
    return written.split(";") if written else []


def _countries() -> Iterable[tuple[Any, ...]]:
    for row in read_csv("countries.csv"):
        # The published list carries dated wording; the part before it is the everyday name.
        name = _COUNTRY_NAMES.get(row["code"], row["name"].split(",")[0].split(" (")[0])
        yield ("countries", row["code"], name, True, "Ministry of Justice standing data")


def _listed_codes() -> Iterable[tuple[Any, ...]]:
    for row in read_csv("codes.csv"):
        yield (row["list"], row["code"], row["name"], row["verified"] == "true", row["source"])


def _upsert(  # noqa: PLR0913 - one table, its key, its columns and its rows
    connection: Connection,
    table: str,
    key: Sequence[str],
    columns: str,
    rows: Sequence[tuple[Any, ...]],
    *,
    keep: bool = False,
) -> None:
    others = [name for name in columns.split(",") if name not in key]
    change = ", ".join(f"{name} = excluded.{name}" for name in others)
    action = "NOTHING" if keep else f"UPDATE SET {change}"
    statement = (
        f"INSERT INTO {table} ({columns}) VALUES %s ON CONFLICT ({', '.join(key)}) DO {action}"
    )
    execute_values(connection.connection.cursor(), statement, rows, page_size=2000)
