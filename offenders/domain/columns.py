"""Column types and constraints that every table of the service shares."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import mapped_column

if TYPE_CHECKING:
    from collections.abc import Iterable

ForceKey = Annotated[str, mapped_column(Text, primary_key=True)]
IdKey = Annotated[UUID, mapped_column(primary_key=True)]
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
OptionalMoment = Annotated[datetime | None, mapped_column(DateTime(timezone=True))]
String = Annotated[str, mapped_column(Text)]
OptionalString = Annotated[str | None, mapped_column(Text)]
Strings = Annotated[list[str], mapped_column(ARRAY(Text), server_default="{}")]
Ids = Annotated[list[UUID], mapped_column(ARRAY(Uuid()), server_default="{}")]
Json = Annotated[dict[str, Any], mapped_column(JSONB, server_default="{}")]


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """Let the database refuse a code that the rules don't know."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def in_force(columns: str, table: str, key: str = "id") -> ForeignKeyConstraint:
    """Refer to another record of the same force."""
    return ForeignKeyConstraint(["force", columns], [f"{table}.force", f"{table}.{key}"])
