"""Tasks through the API, undone after the test."""

from __future__ import annotations

import pytest
from tasks_given import Tasks


@pytest.fixture
def tasks(client, headers):
    return Tasks(client, headers, "33")
