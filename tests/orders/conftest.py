"""Orders through the API, undone after the test."""

from __future__ import annotations

import pytest
from orders_given import Orders


@pytest.fixture
def orders(client, headers):
    return Orders(client, headers, "33")
