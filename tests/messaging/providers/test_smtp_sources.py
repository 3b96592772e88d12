"""Several addresses of one server, each with its name, in a pool a stream; all on loopback."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from messaging.dispatch.accounts import make_provider
from messaging.providers import registry
from messaging.providers.base import Outcome, Provider
from messaging.providers.errors import ProviderUnavailable, SettingsInvalid
from messaging.providers.smtp.config import read_config
from messaging.providers.smtp.sources import Source, Stream
from tests.messaging.people import make_account
from tests.messaging.providers.conftest import make_batch
from tests.support.smtp_sink import SmtpSink

Play = Callable[..., AbstractContextManager[SmtpSink]]
Connect = Callable[..., Provider]
POOLS = """127.0.0.2 mail1.example.org bulk
127.0.0.3 mail2.example.org bulk

127.0.0.4 service.example.org service
127.0.0.5 both.example.org"""
SERVER = {"host": "127.0.0.1", "security": "none"}


@pytest.mark.parametrize(
    ("stream", "addresses"),
    [
        ("bulk", ["127.0.0.2", "127.0.0.3", "127.0.0.5"]),
        ("service", ["127.0.0.4", "127.0.0.5"]),
        ("", ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"]),
    ],
)
def test_each_stream_has_its_pool(stream: str, addresses: list[str]) -> None:
    config = read_config(SERVER | {"sources": POOLS, "stream": stream})
    assert [source.address for source in config.sources] == addresses
    assert config.sources[0].helo.endswith(".example.org")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("mail1.example.org 127.0.0.2", "“mail1.example.org” is not an IP address"),
        ("127.0.0.2", "give the full name of 127.0.0.2 behind it"),
        ("127.0.0.2 mail1", "give the full name of 127.0.0.2 behind it"),
        ("127.0.0.2 mail1.example.org both", "behind the name comes “bulk”, “service” or nothing"),
        ("127.0.0.2 a.example.org\n127.0.0.2 b.example.org", "127.0.0.2 is named twice"),
        ("127.0.0.2 a.example.org bulk", "no address is left for service messages"),
        ("127.0.0.2 a.example.org service", "no address is left for mailings"),
    ],
)
def test_a_line_that_cannot_be_is_said(line: str, problem: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        read_config(SERVER | {"sources": line})
    assert refused.value.problems == {"sources": problem}


def test_an_ipv6_address_is_a_source() -> None:
    config = read_config(SERVER | {"sources": "2001:DB8::1 mail6.example.org"})
    assert config.sources == (Source("2001:db8::1", "mail6.example.org"),)


def test_connections_leave_from_every_address_of_the_pool_by_its_name(play: Play, connect: Connect) -> None:
    with play() as sink:
        provider = connect(sink, sources=POOLS, stream="bulk", connections=3, messages_per_connection=10)
        results = provider.send(make_batch(60))
        assert {result.outcome for result in results} == {Outcome.ACCEPTED}
        assert set(sink.hellos()) == {
            ("127.0.0.2", "mail1.example.org"),
            ("127.0.0.3", "mail2.example.org"),
            ("127.0.0.5", "both.example.org"),
        }


def test_an_address_of_another_machine_does_not_stop_the_others(play: Play, connect: Connect) -> None:
    with play() as sink:
        sources = "127.0.0.2 a.example.org\n192.0.2.77 b.example.org"
        provider = connect(sink, sources=sources, connections=2, messages_per_connection=2)
        results = provider.send(make_batch(6))
        assert {result.outcome for result in results} == {Outcome.ACCEPTED}
        assert {address for address, _name in sink.hellos()} == {"127.0.0.2"}


def test_an_address_of_another_machine_alone_is_an_error_in_words(play: Play, connect: Connect) -> None:
    with play() as sink:
        provider = connect(sink, sources="192.0.2.77 b.example.org")
        with pytest.raises(ProviderUnavailable, match=r"is not one of this machine.*192\.0\.2\.77"):
            provider.send(make_batch(1))


def test_the_check_names_the_addresses_that_do_not_work(play: Play) -> None:
    with play() as sink:
        good = registry.check("smtp", sink.settings(sources=POOLS))
        assert "Every one of the 4 addresses can be sent from." in [str(one.text) for one in good]
        found = registry.check("smtp", sink.settings(sources=POOLS + "\n192.0.2.77 x.example.org"))
    errors = [str(one.text) for one in found if one.level == "error"]
    assert errors == ["From 192.0.2.77: An address to send from is not one of this machine"]


@pytest.mark.django_db
def test_an_account_gives_each_stream_its_own_addresses(play: Play) -> None:
    with play() as sink:
        account = make_account(sink.port, sources=POOLS)
        for stream in Stream:
            with make_provider(account, stream) as provider:
                provider.send(make_batch(1))
        bulk, service = sink.hellos()
    assert bulk[0] in ("127.0.0.2", "127.0.0.3", "127.0.0.5")
    assert service[0] in ("127.0.0.4", "127.0.0.5")
