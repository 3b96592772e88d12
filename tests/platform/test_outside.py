"""What staff type decides where we connect: outside only, to what was checked, and errors tell nothing."""

from __future__ import annotations

import socket
from ipaddress import ip_network
from typing import Any

import pytest

from campaign_crm.platform import outside
from campaign_crm.platform.outside import Unreachable, connect, may_reach
from contacts.imports.recurring import sftp
from contacts.imports.recurring.errors import PlaceProblem
from contacts.imports.recurring.web import Server

METADATA = [
    "169.254.169.254",
    "fe80::1%eth0",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "fd00:ec2::254",
]
NOWHERE = ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "100.100.100.200", "168.63.129.16"]  # noqa: S104
INSIDE = [
    "127.0.0.1",
    "::1",
    "::ffff:127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.7",
    "fd12::1",
    "100.64.0.1",
]


@pytest.mark.parametrize("address", [*METADATA, *NOWHERE, *INSIDE, "2002:7f00:1::", "2002:0a01:0203::1"])
def test_inside_is_refused_until_the_settings_name_it(settings: Any, address: str) -> None:
    settings.PRIVATE_NETWORKS = []
    assert not may_reach(address)


@pytest.mark.parametrize("address", [*METADATA, *NOWHERE])
def test_keys_of_the_machine_room_are_refused_always(settings: Any, address: str) -> None:
    settings.PRIVATE_NETWORKS = [ip_network("0.0.0.0/0"), ip_network("::/0")]
    assert not may_reach(address)


def test_network_that_is_named_is_reached_and_no_other(settings: Any) -> None:
    settings.PRIVATE_NETWORKS = [ip_network("10.1.0.0/16")]
    assert [may_reach(one) for one in ("10.1.2.3", "::ffff:10.1.2.3", "10.2.0.1", "8.8.8.8")] == [
        True,
        True,
        False,
        True,
    ]


@pytest.fixture
def listening() -> Any:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "localhost", "::ffff:127.0.0.1"]
)
def test_no_way_of_writing_it_reaches_this_machine(
    settings: Any, listening: socket.socket, host: str
) -> None:
    settings.PRIVATE_NETWORKS = []
    with pytest.raises(Unreachable):
        connect(host, listening.getsockname()[1], 2)
    listening.settimeout(0.2)
    with pytest.raises(TimeoutError):
        listening.accept()


def test_name_is_looked_up_once_and_its_checked_address_is_used(
    monkeypatch: Any, listening: socket.socket
) -> None:
    """A name that is outside at the first look and inside at the second one gains nothing."""
    looks: list[str] = []
    port = listening.getsockname()[1]

    def resolve(host: str, *_asked: Any, **_more: Any) -> list[Any]:
        looks.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(outside.socket, "getaddrinfo", resolve)
    with connect("rebinds.example.org", port, 2) as link:
        assert link.getpeername() == ("127.0.0.1", port)
    assert looks == ["rebinds.example.org"]


def told_by_carddav(host: str, port: int) -> str:
    with pytest.raises(PlaceProblem) as told:
        Server(f"http://{host}:{port}/", user="", password="").ask("PROPFIND", "/", "", depth="0")
    return str(told.value).replace(host, "…")


def told_by_sftp(host: str, port: int) -> str:
    with pytest.raises(PlaceProblem) as told:
        sftp.shown_key({"host": host, "port": port})
    return str(told.value).replace(host, "…")


@pytest.mark.parametrize("told", [told_by_carddav, told_by_sftp])
def test_error_tells_an_open_port_from_a_closed_one_to_nobody(
    settings: Any, listening: socket.socket, told: Any
) -> None:
    is_open = listening.getsockname()[1]
    closed = 9
    nobody = told("nobody.invalid", 80)
    refused_here = told("127.0.0.1", closed)
    settings.PRIVATE_NETWORKS = []
    assert {told("127.0.0.1", is_open), told("127.0.0.1", closed), refused_here, nobody} == {nobody}
