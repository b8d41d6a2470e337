"""Who may read of whom through the API, undone after the test."""

from __future__ import annotations

import pytest
from sharing_given import Sharing


@pytest.fixture
def sharing(client, headers):
    return Sharing(client, headers)
