"""Members of the team, one a role, and browsers signed in as them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role


@pytest.fixture
def member(db: None) -> Callable[..., User]:
    """Make a member: `member("read_only", email=…)`."""

    def make(role: str = Role.ADMINISTRATOR, **fields: object) -> User:
        values = {"email": f"{role}@example.org", "full_name": "", "language": "en"} | fields
        return User.objects.create_user(role=role, **values)

    return make


@pytest.fixture
def signed_in(member: Callable[..., User]) -> Callable[..., Client]:
    """A test client signed in as a new member of a role."""

    def make(role: str = Role.ADMINISTRATOR, **fields: object) -> Client:
        client = Client()
        client.force_login(member(role, **fields))
        return client

    return make
