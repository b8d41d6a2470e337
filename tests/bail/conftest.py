"""Bail through the API, undone after the test."""

from __future__ import annotations

import pytest
from bail_given import Bail


@pytest.fixture
def bail(client, headers):
    return Bail(client, headers, "33")
