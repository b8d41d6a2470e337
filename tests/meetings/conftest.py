"""Meetings as callers see them."""

from __future__ import annotations

import pytest
from meetings_given import Meetings


@pytest.fixture
def meetings(client, headers):
    """Give the API of meetings of the demonstration force."""
    return Meetings(client, headers)
