"""Opening a connection: encryption, sign-in, and what each failure tells the dispatcher."""

from __future__ import annotations

import socket
import ssl
import time
from datetime import timedelta

import pytest

from messaging.providers import registry
from messaging.providers.base import Batch
from messaging.providers.errors import ProviderError, ProviderRefused, ProviderUnavailable
from messaging.providers.smtp import handshake, kind
from messaging.providers.smtp.config import read_config
from messaging.providers.smtp.handshake import Extensions, read_extensions
from tests.messaging.providers.conftest import make_batch, make_message, outcomes
from tests.messaging.providers.test_smtp_faults import scripted_server
from tests.support.smtp_sink import Fault as Planned
from tests.support.smtp_sink import SmtpSink


@pytest.fixture(scope="module", params=["starttls", "implicit"])
def tls_sink(request):
    with SmtpSink(tls=request.param, user="crm", password="s3cret é") as sink:
        yield sink


@pytest.mark.parametrize("mechanisms", [("PLAIN", "LOGIN"), ("LOGIN",), ("PLAIN",)])
def test_encrypted_and_signed_in_messages_pass(connect, tls_sink, mechanisms):
    tls_sink.start_over(user="crm", password="s3cret é", mechanisms=mechanisms, keep_messages=True)
    messages = [make_message(0), make_message(1, size=3_000_000), *make_batch(40).items[2:]]
    provider = connect(tls_sink, connections=2)
    assert outcomes(provider.send(Batch(messages))) == ["accepted"] * 40
    assert max(row.size for row in tls_sink.received()) == len(messages[1].content)
    assert messages[1].content in tls_sink.raw_messages()
    assert outcomes(provider.send(make_batch(3))) == ["accepted"] * 3
    assert tls_sink.connection_count() <= 2


def test_faults_are_understood_through_encryption(connect, tls_sink):
    tls_sink.start_over(
        user="crm",
        password="s3cret é",
        faults=[
            Planned("rcpt", code=550, text="5.1.1 no", pattern="person1@"),
            Planned("dot", action="reset", pattern="person3@"),
            Planned("body", action="reset", after_bytes=60_000, pattern="person5@"),
        ],
    )
    messages = list(make_batch(7).items)
    messages[5] = make_message(5, size=30_000_000)
    results = connect(tls_sink).send(Batch(messages))
    assert outcomes(results) == [
        "accepted", "refused", "accepted", "unknown", "accepted", "retry", "accepted",
    ]  # fmt: skip


def test_a_wrong_password_is_for_a_person_to_mend(connect, tls_sink):
    tls_sink.start_over(user="crm", password="s3cret é")
    with pytest.raises(ProviderRefused, match="user name and password") as caught:
        connect(tls_sink, password="guess").send(make_batch(3))
    assert (caught.value.permanent, caught.value.code) == (True, 535)
    assert "guess" not in str(caught.value)
    assert tls_sink.log() == []


def test_an_unknown_certificate_is_refused(connect, tls_sink):
    tls_sink.start_over(user="crm", password="s3cret é")
    with pytest.raises(ProviderRefused, match="certificate could not be verified"):
        connect(tls_sink, ca_file="").send(make_batch(1))
    assert tls_sink.log() == []


def test_a_certificate_for_another_name_is_refused(connect, tls_sink, monkeypatch):
    tls_sink.start_over(user="crm", password="s3cret é")
    provider = connect(tls_sink, host="mail.example.org")
    real = socket.create_connection
    monkeypatch.setattr(
        handshake.socket, "create_connection", lambda address, **more: real(("127.0.0.1", address[1]), **more)
    )
    with pytest.raises(ProviderRefused, match="certificate could not be verified"):
        provider.send(make_batch(1))


def test_no_starttls_means_no_message(connect, play, tls_sink):
    with play() as sink:
        with pytest.raises(ProviderRefused, match="no encryption"):
            connect(sink, security="starttls").send(make_batch(1))
        assert sink.log() == []


def test_bytes_injected_behind_starttls_are_not_believed(connect, play):
    port, thread = scripted_server(
        [
            (b"", b"220 hi\r\n"),
            (b"EHLO", b"250-hi\r\n250 STARTTLS\r\n"),
            (b"STARTTLS", b"220 go\r\n250-hi\r\n250 AUTH PLAIN\r\n"),
        ],
        times=1,
    )
    with play() as sink, pytest.raises(ProviderError):
        connect(sink, port=port, security="starttls").send(make_batch(1))
    thread.join(5)


def test_a_password_never_travels_without_encryption(connect, play, monkeypatch):
    with play(user="crm", password="x") as sink:
        provider = connect(sink)
        monkeypatch.setattr(handshake, "is_loopback", lambda host: False)
        with pytest.raises(ProviderRefused, match="never sent without encryption"):
            provider.send(make_batch(1))
        monkeypatch.undo()
        assert outcomes(provider.send(make_batch(2))) == ["accepted"] * 2


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Planned("greeting", code=421, text="4.3.2 busy"), ProviderUnavailable, 421),
        (Planned("greeting", code=554, text="5.7.1 <mx@example.org> you are listed"), ProviderRefused, 554),
        (Planned("ehlo", code=550, text="5.7.1 bad name"), ProviderRefused, 550),
        (Planned("greeting", action="close"), ProviderUnavailable, 0),
        (Planned("greeting", action="reset"), ProviderUnavailable, 0),
        (Planned("greeting", action="hang"), ProviderUnavailable, 0),
        (Planned("auth", code=454, text="4.7.0 temporary trouble"), ProviderUnavailable, 454),
    ],
)
def test_a_server_that_lets_nobody_in_raises_before_anything_is_sent(connect, play, fault, error, code):
    with play(user="crm", password="x", faults=[fault]) as sink:
        with pytest.raises(error) as caught:
            connect(sink, timeout=0.3).send(make_batch(5))
        assert caught.value.code == code
        assert caught.value.permanent is (error is ProviderRefused)
        assert "@" not in str(caught.value)
        assert sink.log() == []


def test_nobody_listening_is_unavailable_and_quick(connect, play):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    started = time.monotonic()
    with play() as sink, pytest.raises(ProviderUnavailable, match="could not be made"):
        connect(sink, port=port, connections=4).send(make_batch(100))
    assert time.monotonic() - started < 2


def test_something_that_is_no_mail_server_is_named(connect, play):
    port, thread = scripted_server([(b"", b"HTTP/1.1 400 Bad Request\r\n\r\n")], times=1)
    with play() as sink, pytest.raises(ProviderRefused, match="no mail server"):
        connect(sink, port=port).send(make_batch(1))
    thread.join(5)


def test_an_old_server_that_knows_only_helo_is_served(connect, play):
    with play(ehlo=False) as sink:
        assert outcomes(connect(sink).send(make_batch(3))) == ["accepted"] * 3


def test_a_connection_limit_leaves_the_work_to_the_others(connect, play):
    with play() as sink:
        provider = connect(sink, connections=4)
        provider.send(make_batch(1))
        sink.change(faults=[Planned("greeting", code=421, text="4.7.0 too many connections")])
        assert outcomes(provider.send(make_batch(150))) == ["accepted"] * 150


def test_losing_the_server_half_way_ends_the_rest_as_retry(connect, play):
    with play(max_messages=10, round_trip=0.005) as sink:
        provider = connect(sink)
        stream = provider.send_iter(make_batch(60))
        results = dict(next(stream))
        sink.change(faults=[Planned("greeting", code=421, text="4.3.2 busy")])
        for group in stream:
            results.update(group)
        taken = len(sink.received())
        assert sorted(results) == list(range(60))
        kinds = [results[index].outcome.value for index in range(60)]
        assert kinds == ["accepted"] * taken + ["retry"] * (60 - taken)
        assert results[59].code == 421


def test_extensions_are_read_in_any_case_and_order():
    text = "mx.example.org greets you\nsize 35882577\n8bitmime\nAUTH=LOGIN\nAUTH PLAIN XOAUTH2\nPipelining\nX"
    assert read_extensions(text) == Extensions(
        pipelining=True,
        eight_bit=True,
        size=True,
        max_size=35882577,
        auth=frozenset({"LOGIN", "PLAIN", "XOAUTH2"}),
    )
    assert read_extensions("mx") == Extensions()


def test_the_check_warns_of_a_certificate_that_ends_soon(monkeypatch):
    monkeypatch.setattr(kind, "CERTIFICATE_WARNING", timedelta(days=60))
    with SmtpSink(tls="implicit") as sink:  # its certificate lasts 30 days
        findings = registry.check("smtp", sink.settings())
    assert [finding.level for finding in findings[:3]] == ["ok", "ok", "warning"]
    assert "certificate ends on" in str(findings[2].text)


def test_weak_protocols_are_not_spoken():
    context = handshake.tls_context(read_config({"host": "smtp.example.org"}))
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_check_ends_in_time_whatever_the_server_does(play, monkeypatch):
    monkeypatch.setattr(kind, "CHECK_ANSWER", 0.3)
    with play(faults=[Planned("greeting", action="hang")]) as sink:
        started = time.monotonic()
        [found] = registry.check("smtp", sink.settings(timeout=30))
        assert (found.level, str(found.text)) == ("error", "The server did not answer in time")
        assert time.monotonic() - started < 3


def test_a_check_has_one_time_for_all_its_answers(play, monkeypatch):
    monkeypatch.setattr(kind, "CHECK_TOTAL", 0.3)
    with play(faults=[Planned("ehlo", action="hang")]) as sink:
        started = time.monotonic()
        [found] = registry.check("smtp", sink.settings(timeout=30))
        assert found.level == "error"
        assert time.monotonic() - started < 3


def test_the_check_says_in_words_what_it_found(play, tls_sink):
    tls_sink.start_over(user="crm", password="s3cret é", size=25_000_000)
    findings = registry.check("smtp", tls_sink.settings())
    assert [finding.level for finding in findings] == ["ok"] * 4
    assert "certificate verified" in str(findings[1].text)
    assert "accepted" in str(findings[2].text)
    assert "25 MB" in str(findings[3].text)
    assert tls_sink.log() == []

    tls_sink.start_over(user="crm", password="s3cret é")
    [wrong] = registry.check("smtp", tls_sink.settings(password="guess"))
    assert wrong.level == "error"
    assert "wrong user name or password" in str(wrong.text)

    with play(pipelining=False, smtputf8=False, size=0) as sink:
        findings = registry.check("smtp", sink.settings())
        assert [finding.level for finding in findings] == ["ok", "ok", "warning"]

    assert [finding.level for finding in registry.check("smtp", {"port": "x"})] == ["error", "error"]
