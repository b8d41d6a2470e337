"""The tables of imports: what was sent, what became of each row, and where records came from."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from offenders.db import Base
from offenders.domain.columns import (
    ForceKey,
    IdKey,
    Json,
    Moment,
    OptionalMoment,
    OptionalString,
    String,
    in_force,
    one_of,
)
from offenders.domain.persons import models as persons  # noqa: F401 - keys refer to its tables

STATES = ("planned", "queued", "running", "finished", "failed")


class Import(Base):
    """One file of one kind and how far it has got; `file_digest` tells the same file again."""

    __tablename__ = "imports"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    kind: Mapped[String]
    state: Mapped[String]
    is_dry_run: Mapped[bool] = mapped_column(server_default=text("false"))
    is_complete: Mapped[bool] = mapped_column(server_default=text("false"))
    file_name: Mapped[OptionalString]
    content_type: Mapped[OptionalString]
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    file_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    summary: Mapped[Json]
    error: Mapped[OptionalString]
    requested_by: Mapped[String]
    recorded_at: Mapped[Moment]
    started_at: Mapped[OptionalMoment]
    ended_at: Mapped[OptionalMoment]
    version: Mapped[int] = mapped_column(server_default="1")
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("state", STATES),
        Index("ix_imports_recorded_at", "force", "recorded_at"),
        Index("ix_imports_kind", "force", "kind", "recorded_at"),
    )


class WaitingImport(Base):
    """That a force has an upload waiting: what the scheduler looks at, without any force's rows."""

    __tablename__ = "waiting_imports"
    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    force_code: Mapped[String]


class ImportProblem(Base):
    """A refused or warned row: its line and field, what is wrong and what to do. No values."""

    __tablename__ = "import_problems"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    import_id: Mapped[UUID]
    line: Mapped[int]
    source_ref: Mapped[OptionalString]
    severity: Mapped[String]
    field: Mapped[String]
    problem: Mapped[String]
    action: Mapped[String]
    __table_args__ = (
        one_of("severity", ["refused", "warning"]),
        in_force("import_id", "imports"),
        Index("ix_import_problems_line", "force", "import_id", "line"),
    )


class ImportSource(Base):
    """The last row received for a record, so that running again changes nothing.

    `digest` is that of the row as it was sent; a row of the same digest is unchanged. `row` is
    all that the source has said so far: a column that is not sent stays as it was.
    """

    __tablename__ = "import_sources"
    force: Mapped[ForceKey]
    kind: Mapped[str] = mapped_column(primary_key=True)
    source_ref: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID]
    row: Mapped[dict[str, object]] = mapped_column(JSONB)
    received_at: Mapped[Moment]
    import_id: Mapped[UUID | None]
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    __table_args__ = (Index("ix_import_sources_subject_id", "force", "kind", "subject_id"),)


class DuplicateCandidate(Base):
    """Two people who may be one; a human decides, never the machine."""

    __tablename__ = "duplicate_candidates"
    force: Mapped[ForceKey]
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    other_person_id: Mapped[UUID] = mapped_column(primary_key=True)
    evidence: Mapped[Json]
    state: Mapped[String] = mapped_column(server_default="open")
    recorded_at: Mapped[Moment]
    id: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    version: Mapped[int] = mapped_column(server_default="1")
    __table_args__ = (
        one_of("state", ["open", "same", "different"]),
        in_force("person_id", "persons"),
        in_force("other_person_id", "persons"),
        Index("uq_duplicate_candidates_id", "force", "id", unique=True),
    )
