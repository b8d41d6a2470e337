"""What planning of every kind begins with: rows that say nothing new are set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.domain.imports import store
from offenders.domain.imports.batches import merged
from offenders.domain.imports.subjects import whole_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch, Received
    from offenders.domain.imports.checks import Checked, Facts
    from offenders.domain.imports.problems import Finding

    Check = Callable[[Mapping[str, Any], Facts], Iterable[Finding]]


def set_aside(
    session: Session,
    batch: Batch,
    rows: Sequence[Checked],
    received: Received,
    check: Check | None = None,
) -> tuple[dict[str, store.Source], list[Checked]]:
    """Give what was received before, by source_ref, and the rows that say something else.

    Each of these has all that its source has said so far. Rows equal to the last received count
    as unchanged; those in which `check` finds something are refused.
    """
    sources = store.find_sources(session, batch.force, batch.kind, [r.source_ref for r in rows])
    todo, restated = [], []
    for each in rows:
        source = sources.get(each.source_ref)
        whole = merged(source.row if source else {}, each.row)
        if source is not None and whole == source.row:
            received.unchanged += 1
            received.warn(each, each.warnings)
            restated.append((each.source_ref, each.digest))
        elif check is not None and (findings := list(check(whole, batch.facts))):
            received.refuse(each, findings)
        else:
            todo.append(whole_row(each, whole, batch.facts))
    store.keep_digests(session, batch.force, batch.kind, restated)
    return sources, todo
