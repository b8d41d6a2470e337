"""Use cases of briefings, as routes and higher capabilities call them."""

from __future__ import annotations

from offenders.domain.briefings.asking import Question
from offenders.domain.briefings.counting import (
    COUNTED,
    UNLISTED,
    Asked,
    count_pairs,
    count_teams,
    count_unlisted,
    counts_of,
    list_pairs,
)
from offenders.domain.briefings.daily import Daily, daily_briefing
from offenders.domain.briefings.items import (
    Doing,
    amend_item,
    get_item,
    publish_item,
    withdraw_item,
)
from offenders.domain.briefings.receipts import add_receipt
from offenders.domain.briefings.store import count_items, list_items, list_versions

__all__ = [
    "COUNTED",
    "UNLISTED",
    "Asked",
    "Daily",
    "Doing",
    "Question",
    "add_receipt",
    "amend_item",
    "count_items",
    "count_pairs",
    "count_teams",
    "count_unlisted",
    "counts_of",
    "daily_briefing",
    "get_item",
    "list_items",
    "list_pairs",
    "list_versions",
    "publish_item",
    "withdraw_item",
]
