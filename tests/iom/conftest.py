"""IOM through the API, undone after the test."""

from __future__ import annotations

import pytest
from iom_given import Iom


@pytest.fixture
def iom(client, headers):
    return Iom(client, headers)
