"""The register of hits, as tests use it."""

from __future__ import annotations

import pytest
from forensics_given import Register


@pytest.fixture
def register(client, headers):
    return Register(client, headers)
