"""The small parts of the SMTP adapter: settings, replies, the table of answers, payloads."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.providers import registry
from messaging.providers.base import Channel, Content, Fault, Outcome
from messaging.providers.errors import SettingsInvalid, UnknownKind
from messaging.providers.smtp.answers import MAX_TEXT, Stage, result_of
from messaging.providers.smtp.config import Security, read_config
from messaging.providers.smtp.envelope import payload_of
from messaging.providers.smtp.replies import NotSmtp, Reply, ReplyReader


def test_settings_have_sensible_defaults():
    config = read_config({"host": "smtp.example.org"})
    assert (config.port, config.security, config.connections) == (587, Security.STARTTLS, 2)
    assert read_config({"host": "smtp.example.org", "security": "tls", "port": ""}).port == 465
    assert read_config({"host": "127.0.0.1", "security": "none", "port": "1025"}).port == 1025


@pytest.mark.parametrize(
    ("given_settings", "wrong"),
    [
        ({}, {"host"}),
        ({"host": "smtp example org"}, {"host"}),
        ({"host": "smtp.example.org", "port": 0, "connections": 21}, {"port", "connections"}),
        ({"host": "smtp.example.org", "security": "ssl"}, {"security"}),
        ({"host": "smtp.example.org", "security": "none"}, {"security"}),
        ({"host": "smtp.example.org", "username": "crm"}, {"password"}),
        ({"host": "smtp.example.org", "password": "x"}, {"username"}),
        ({"host": "smtp.example.org", "helo_name": "a b"}, {"helo_name"}),
        ({"host": "smtp.example.org", "ca_file": "/nowhere.pem"}, {"ca_file"}),
        ({"host": "smtp.example.org", "timeout": "soon", "final_timeout": 0}, {"timeout", "final_timeout"}),
        ({"host": "smtp.example.org", "hots": "x"}, {"hots"}),
        ({"host": "smtp.example.org\r\nX"}, {"host"}),
    ],
)
def test_every_wrong_setting_is_named(given_settings, wrong):
    with pytest.raises(SettingsInvalid) as caught:
        read_config(given_settings)
    assert set(caught.value.problems) == wrong
    assert caught.value.permanent


def test_a_password_is_never_shown():
    config = read_config({"host": "smtp.example.org", "username": "crm", "password": "s3cret"})
    assert "s3cret" not in repr(config)


def test_the_registry_makes_and_describes_kinds():
    assert registry.names() == ["brevo", "mailgun", "mailjet", "sendgrid", "ses", "smtp"]
    kind = registry.kind("smtp")
    assert kind.channel is Channel.EMAIL
    assert {field.name for field in kind.fields if field.type == "secret"} == {"password"}
    with registry.create("smtp", {"host": "smtp.example.org", "connections": 3}) as provider:
        can = provider.capabilities
        assert (can.content, can.max_batch, can.idempotent, can.webhooks) == (
            Content.RENDERED,
            150,
            False,
            False,
        )
        assert can.call_seconds == 420
    with pytest.raises(UnknownKind):
        registry.create("pigeon", {})


LINES = (
    b"220 hi\r\n250-one\r\n250-two\r\n250 three\r\n354\r\n250 \xc3\xa9t\xc3\xa9\n"
    b"550-5.1.1 a\r\n550 5.1.1 b\r\n"
)
REPLIES = [
    (220, "hi"),
    (250, "one\ntwo\nthree"),
    (354, ""),
    (250, "été"),
    (550, "5.1.1 a\n5.1.1 b"),
]


@given(st.lists(st.integers(0, len(LINES)), max_size=12))
@settings(max_examples=60, deadline=None)
def test_replies_are_the_same_in_any_chunking(cuts):
    edges = [0, *sorted(cuts), len(LINES)]
    reader = ReplyReader()
    found = [
        (reply.code, reply.text) for start, end in pairwise(edges) for reply in reader.feed(LINES[start:end])
    ]
    assert found == REPLIES
    assert reader.is_empty


@pytest.mark.parametrize(
    "data", [b"hello\r\n", b"25 ok\r\n", b"250ok\r\n", b"x" * 20_000, b"250-a\r\n" * 300, b"\r\n"]
)
def test_what_is_no_reply_is_refused(data):
    with pytest.raises(NotSmtp):
        ReplyReader().feed(data)


def test_a_reply_keeps_undecodable_bytes_out():
    assert ReplyReader().feed(b"250 \xff\xfe ok\r\n") == [Reply(250, b"\xff\xfe ok")]
    assert "ok" in Reply(250, b"\xff ok").text


@pytest.mark.parametrize(
    ("stage", "code", "text", "outcome", "enhanced", "fault"),
    [
        (Stage.RCPT, 550, "5.1.1 no such user", Outcome.REFUSED, "5.1.1", Fault.RECIPIENT),
        (Stage.RCPT, 550, "No such user here", Outcome.REFUSED, "", Fault.RECIPIENT),
        (Stage.RCPT, 550, "5.7.1 blocked by a list", Outcome.REFUSED, "5.7.1", Fault.SENDER),
        (Stage.RCPT, 550, "rejected", Outcome.REFUSED, "", Fault.OTHER),
        (Stage.RCPT, 550, "5.1.0 address rejected", Outcome.REFUSED, "5.1.0", Fault.OTHER),
        (Stage.RCPT, 452, "4.2.2 over quota", Outcome.RETRY, "4.2.2", Fault.MAILBOX),
        (Stage.RCPT, 450, "4.1.1 unverified", Outcome.RETRY, "4.1.1", Fault.RECIPIENT),
        (Stage.MAIL, 550, "5.1.8 sender's domain unknown", Outcome.REFUSED, "5.1.8", Fault.SENDER),
        (Stage.MAIL, 553, "5.1.1 not yours", Outcome.REFUSED, "5.1.1", Fault.SENDER),
        (Stage.MAIL, 530, "sign in first", Outcome.REFUSED, "", Fault.ACCOUNT),
        (Stage.DATA, 451, "later", Outcome.RETRY, "", Fault.ACCOUNT),
        (Stage.DOT, 554, "5.6.0 bad content", Outcome.REFUSED, "5.6.0", Fault.MESSAGE),
        (Stage.DOT, 550, "5.7.515 access denied", Outcome.REFUSED, "5.7.515", Fault.SENDER),
        (Stage.DOT, 552, "too big", Outcome.REFUSED, "", Fault.MESSAGE),
        (Stage.DOT, 421, "4.3.0 leaving", Outcome.RETRY, "4.3.0", Fault.ACCOUNT),
        (Stage.DOT, 354, "again", Outcome.UNKNOWN, "", Fault.ACCOUNT),
        (Stage.DOT, 199, "odd", Outcome.UNKNOWN, "", Fault.ACCOUNT),
        # An enhanced code of another class than the reply is not believed.
        (Stage.RCPT, 451, "5.1.1 confused", Outcome.RETRY, "", Fault.OTHER),
    ],
)
def test_the_table_of_answers(stage, code, text, outcome, enhanced, fault):
    result = result_of(stage, code, text, "jean@example.com")
    assert (result.outcome, result.code, result.enhanced, result.fault) == (outcome, code, enhanced, fault)


@pytest.mark.parametrize(
    ("text", "message_id"),
    [
        ("2.0.0 Ok: queued as 4XyZ12abc", "4XyZ12abc"),
        ("OK queued as 6f9619ff-8b86-d011-b42d-00cf4fc964ff", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"),
        ("Message queued as <20261101.12@smtp-relay.example.net>", "20261101.12@smtp-relay.example.net"),
        ("OK id=1rAbCd-000123-Xy", "1rAbCd-000123-Xy"),
        ("2.0.0 4ABC123 Message accepted for delivery", "4ABC123"),
        ("Ok 010001867c9a1b2c-4f5e6d7c-1111-2222-3333-444455556666-000000",
         "010001867c9a1b2c-4f5e6d7c-1111-2222-3333-444455556666-000000"),
        ("2.0.0 thank you", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_the_server_s_own_id_is_found(text, message_id):
    result = result_of(Stage.DOT, 250, text, "jean@example.com")
    assert (result.outcome, result.message_id) == (Outcome.ACCEPTED, message_id)
    assert "@" not in result.text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("4.7.1 Greylisted, try again in 300 seconds", 300),
        ("4.7.1 come back in 5 minutes", 300),
        ("4.2.0 Greylisting in action, please come back in 00:04:30", 270),
        ("4.7.1 please wait", None),
    ],
)
def test_a_wait_that_the_server_names_is_kept(text, seconds):
    assert result_of(Stage.RCPT, 451, text, "a@example.com").retry_after == seconds


def test_a_kept_text_holds_no_address_and_is_short():
    text = "5.1.1 <Jean.Dupont@example.com>: jean.dupont unknown\n5.1.1 see x@example.net, " + "blah " * 100
    kept = result_of(Stage.RCPT, 550, text, "jean.dupont@example.com").text
    assert kept.startswith("<…>: … unknown see <…>")
    assert "dupont" not in kept.lower()
    assert len(kept) == MAX_TEXT


def reference_payload(content: bytes) -> bytes:
    """The slow and obvious way."""
    lines = re.split(rb"\r\n|\r|\n", content)
    if lines[-1] == b"" and len(lines) > 1:
        lines.pop()
    return b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines)


PIECES = st.lists(
    st.sampled_from([b"a", b".", b"\r\n", b"\r", b"\n", b"", b"long " * 60, b"\r\n" * 140]), max_size=12
)


@given(PIECES)
@settings(max_examples=400, deadline=None)
def test_a_payload_is_stuffed_the_same_whole_or_in_parts(pieces):
    whole = b"".join(pieces)
    assert b"".join(payload_of(whole)) == reference_payload(whole)
    assert b"".join(payload_of(tuple(pieces))) == reference_payload(whole)
