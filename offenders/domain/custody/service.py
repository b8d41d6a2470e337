"""Use cases of custody, as routes, jobs and imports call them."""

from __future__ import annotations

from offenders.domain.custody.acting import (
    GIVEN,
    Doing,
    amend_detention,
    follow_nationalities,
    new_rows,
    next_row,
    record_detention,
    release_detention,
)
from offenders.domain.custody.checking import find_held_twice, longest_hours, stay_of
from offenders.domain.custody.flagging import unchecked_source
from offenders.domain.custody.following import follow_pnc_ids, put_forward_held
from offenders.domain.custody.reading import (
    Question,
    count_detentions,
    held_of_person,
    list_detentions,
    show_detention,
)
from offenders.domain.custody.recording import Arrival, change, nationality_columns, record
from offenders.domain.custody.rules import (
    Disposal,
    Facts,
    Stay,
    arrested_again,
    broken_rules,
    end_of,
)
from offenders.domain.custody.store import (
    COLUMNS,
    find_by_numbers,
    list_stays_near,
    lock_detentions,
    lock_people,
)

__all__ = [
    "COLUMNS",
    "GIVEN",
    "Arrival",
    "Disposal",
    "Doing",
    "Facts",
    "Question",
    "Stay",
    "amend_detention",
    "arrested_again",
    "broken_rules",
    "change",
    "count_detentions",
    "end_of",
    "find_by_numbers",
    "find_held_twice",
    "follow_nationalities",
    "follow_pnc_ids",
    "held_of_person",
    "list_detentions",
    "list_stays_near",
    "lock_detentions",
    "lock_people",
    "longest_hours",
    "nationality_columns",
    "new_rows",
    "next_row",
    "put_forward_held",
    "record",
    "record_detention",
    "release_detention",
    "show_detention",
    "stay_of",
    "unchecked_source",
]
