"""What the domain may say no to; `api/problems.py` alone turns these into answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uuid import UUID


class DomainError(Exception):
    """A refusal with a detail that tells the caller what to do next."""

    kind = "refused"

    def __init__(self, detail: str, **extra: Any) -> None:
        """Keep `detail` for the caller; `extra` are further members of the problem."""
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class NotFound(DomainError):
    """There is no such record, or none that the reader may know of."""

    kind = "not-found"

    def __init__(self, detail: str = "There is no such record here. Check the id.") -> None:
        """Say the same for what is missing and for what is out of scope."""
        super().__init__(detail)


class Forbidden(DomainError):
    """No one with this role may do this."""

    kind = "forbidden"


class Conflict(DomainError):
    """The record as it stands doesn't allow this."""

    kind = "conflict"


class Gone(DomainError):
    """It was there, and was let go after its time."""

    kind = "gone"


class PersonMerged(DomainError):
    """The record named was merged into another, which now stands for the person."""

    kind = "person-merged"

    def __init__(self, written: str, survivor: UUID) -> None:
        """Keep what was `written` to name the record, and link to the survivor."""
        message = "This record was merged into that of another person. Use the survivor."
        super().__init__(message, rule="merged-people", survivor=f"/v1/people/{survivor}")
        self.written, self.survivor = written, survivor

    @classmethod
    def check(cls, written: object, survivor: UUID | None) -> None:
        """Raise it where there is a survivor."""
        if survivor is not None:
            raise cls(str(written), survivor)


class StaleVersion(DomainError):
    """If-Match names a version that has been overtaken."""

    kind = "stale-version"

    def __init__(self) -> None:
        """Tell the caller to read again."""
        super().__init__("The record has changed since you read it. Read it again and repeat.")


class Invalid(DomainError):
    """The content of the request is wrong; `errors` points at the fields."""

    kind = "invalid"

    def __init__(self, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        """Keep field errors as `pointer` and `detail`."""
        super().__init__(detail, **({"errors": errors} if errors else {}))

    @classmethod
    def field(cls, pointer: str, detail: str, rule: str | None = None) -> Invalid:
        """Say what is wrong with one field, e.g. `/entered_at`, and which rule it breaks."""
        error = {"pointer": pointer, "detail": detail} | ({"rule": rule} if rule else {})
        return cls("Correct the fields named in errors.", [error])


class Unsettled(DomainError):
    """A moment whose writers have not all ended; ask again shortly."""

    kind = "unsettled"


class LimitReached(DomainError):
    """A limit is used up; `retry_after` says in how many seconds to come back."""

    kind = "limit-reached"

    def __init__(self, detail: str, retry_after: int) -> None:
        """Keep the seconds for the Retry-After header."""
        super().__init__(detail)
        self.retry_after = retry_after
