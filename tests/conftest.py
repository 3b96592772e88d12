"""What every test gets: real servers of its own, a migrated database, and no way out to the network."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import redis
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase
from django.utils import translation

from contacts.requests import ledger as erasures
from contacts.services import kept_refusals
from tests.clean_database import CleanDatabase
from tests.databases import drop_database
from tests.environment import TestServers

# A busy machine is no fault of the code: nothing is measured while examples are drawn.
hypothesis.settings.register_profile(
    "project", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("project")


@pytest.fixture(scope="session", autouse=True)
def servers() -> TestServers:
    """The session's PostgreSQL and Valkeys, running."""
    found: TestServers = settings.SERVERS
    found.start()
    return found


@pytest.fixture(scope="session")
def django_db_setup(servers: TestServers, django_db_blocker: Any) -> Iterator[None]:
    """A database copied from the migrated template; the tests log in as `crm_app` in role `crm_system`."""

    def restore(case: TransactionTestCase) -> None:
        """After a test that committed: the database as it was, reference data and sequences included."""
        connections.close_all()
        database.clean()

    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        connections.close_all()
        database = CleanDatabase(servers)
        patch.setattr(TransactionTestCase, "_fixture_teardown", restore)
        yield
        connections.close_all()
        drop_database(servers)


@pytest.fixture(autouse=True)
def empty_valkeys(servers: TestServers) -> None:
    """No key of an earlier test is left."""
    for url in (servers.redis_url, servers.ingest_url):
        with redis.Redis.from_url(url) as client:
            client.flushdb()


@pytest.fixture(autouse=True)
def empty_ledgers() -> None:
    """Nothing of an earlier test is said again by a restore: what people refused outlives the database."""
    for path in (erasures.path(), kept_refusals.path()):
        path.unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def installation_language() -> Iterator[None]:
    """Every test begins in the installation's language: a page leaves its reader's language in the thread."""
    translation.activate(settings.LANGUAGE_CODE)
    yield
    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """Connections to anywhere but this machine fail: a test never reaches the network."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _refuse_outside(self, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_outside(self, address)
        return connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        yield


def _refuse_outside(link: socket.socket, address: Any) -> None:
    if link.family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = address[0]
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if not local:
        raise RuntimeError(f"A test tried to reach {host}; only loopback is open.")
