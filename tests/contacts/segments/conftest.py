from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from tests.contacts.segments.world import World


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Messages are compared in English."""
    with translation.override("en"):
        yield
