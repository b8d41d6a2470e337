"""Drawing a pack: every section frozen as at the cut-off, in one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import orjson
from sqlalchemy import text

from offenders.domain.meetings import (
    rules,
    sources_changes,
    sources_custody,
    sources_managed,
    sources_tasks,
    sources_wanted,
)
from offenders.domain.tasks.service import hold_tasks
from offenders.domain.working_days import london_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.meetings.models import Meeting
    from offenders.domain.meetings.sources import List, Source

SOURCES: Final = (
    *sources_tasks.SOURCES,
    *sources_custody.SOURCES,
    *sources_wanted.SOURCES,
    *sources_managed.SOURCES,
    *sources_changes.SOURCES,
)
_STATEMENTS: Final = {each.section: text(each.statement) for each in SOURCES}
_MOMENT: Final = timedelta(microseconds=1)
_KEEP: Final = text("""
    INSERT INTO meeting_sections (force, meeting_id, section, counted, kept, shown, href, groups,
                                  row_people, row_groups)
    VALUES (:force, :meeting_id, :section, :counted, :kept, :shown, :href, :groups,
            CAST(:row_people AS uuid[]), CAST(:row_groups AS text[]))
""")


def draw_pack(
    session: Session, meeting: Meeting, previous: datetime | None, cap: int
) -> list[UUID]:
    """Freeze every section as at the meeting's cut-off, with `cap` rows of each in the pack.

    Of a section that no live list gives, more rows are kept to be read by themselves. `previous`
    is the cut-off of the meeting before, after which what changed is told. Gives the
    tasks that are carried over to this meeting.
    """
    session.flush()
    moments = _moments(meeting)
    values = moments | {
        "force": meeting.force,
        "lpa": meeting.lpa,
        "kind": meeting.kind,
        "meeting_id": meeting.id,
        "as_at": meeting.cut_off,
        "previous": previous,
    }
    for source in SOURCES:
        hrefs = _Links(meeting, source, moments)
        most = cap if hrefs.has_list else max(cap, rules.MOST_KEPT)
        row = session.execute(_STATEMENTS[source.section], values | {"most": most}).one()
        groups = [each | {"href": hrefs.of(each["group"])} for each in row.groups]
        session.execute(
            _KEEP,
            {
                "force": meeting.force,
                "meeting_id": meeting.id,
                "section": source.section,
                "counted": row.counted if row.is_known or row.counted else None,
                "kept": row.kept,
                "shown": min(row.kept, cap),
                "href": hrefs.of("all"),
                "groups": orjson.dumps(groups if source.group != "'all'" else []).decode(),
                "row_people": row.row_people,
                "row_groups": row.row_groups,
            },
        )
    return _carried(session, values)


def _carried(session: Session, values: Mapping[str, Any]) -> list[UUID]:
    """Give the tasks that are carried over, held, without those that were just now.

    Who draws a pack for the same meeting at the same time may have carried them meanwhile.
    """
    found = list(session.execute(sources_tasks.CARRIED, values).scalars())
    hold_tasks(session, found)
    return list(session.execute(sources_tasks.CARRIED, values).scalars()) if found else []


def _moments(meeting: Meeting) -> dict[str, Any]:
    """Bind the moments and days between which a pack looks; ends of the API are exclusive."""
    ahead_on = london_day(meeting.until)
    return {
        "cut_off": meeting.cut_off,
        "since": meeting.since,
        "until": meeting.until,
        "today": london_day(meeting.cut_off),
        "ahead_on": ahead_on,
        "after": meeting.cut_off + _MOMENT,
        "later": meeting.until + _MOMENT,
        "after_ahead_on": ahead_on + timedelta(days=1),
    }


class _Links:
    """Where the rows of a section and its groups are listed, as at the cut-off."""

    def __init__(self, meeting: Meeting, source: Source, moments: Mapping[str, Any]) -> None:
        self._meeting, self._source, self._moments = meeting, source, moments

    @property
    def has_list(self) -> bool:
        """Tell whether a live list returns exactly the rows of the section."""
        return self._listed("all") is not None

    def _listed(self, group: str) -> List | None:
        lists = self._source.lists
        listed = lists.get(group, lists.get("by_rule"))
        is_apart = listed is not None and listed.is_of_force and self._meeting.lpa is not None
        return None if is_apart else listed

    def of(self, group: str) -> str:
        """Give the list that returns exactly these rows; without one, the pack's own section."""
        listed = self._listed(group)
        if listed is None:
            return f"/v1/meetings/{self._meeting.id}/pack?section={self._source.section}"
        is_rule = group != "all" and "by_rule" in self._source.lists
        return self._live(listed, {"rule": group} if is_rule else {})

    def _live(self, listed: List, further: dict[str, str]) -> str:
        asked: dict[str, Any] = {
            name: self._moments[value[1:]] if str(value).startswith(":") else value
            for name, value in listed.filters.items()
        }
        if self._meeting.lpa is not None:
            asked["lpa"] = self._meeting.lpa
        asked |= further | {"as_at": self._meeting.cut_off}
        return f"{listed.path}?{urlencode({k: _written(v) for k, v in asked.items()})}"


def _written(value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(value)
