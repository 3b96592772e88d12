"""Messages as bytes: the standard parser reads back what was written, in lines within the rules."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from quopri import decodestring

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.content.brand import Brand
from messaging.content.compile import compile_message
from messaging.content.fields import example_values
from messaging.content.headers import BadAddress, checked_address, mailbox, unstructured
from messaging.content.mime import MessageBuilder, SenderData
from messaging.content.quoted_printable import encode_end, encode_piece
from messaging.content.rendering import message_template

MOMENT = datetime(2027, 3, 4, 19, 30, 15, 999, tzinfo=UTC)
SENDER = SenderData("Élise Durand, candidate", "elise@example.org", "reponses@example.org")
LONG = "é" * 300 + "x" * 300
DOCUMENT = [
    {"id": "h", "type": "heading", "text": "{{ first_name }}{{ last_name | upcase }}"},
    {
        "id": "t",
        "type": "text",
        "html": f"<p>. un point</p><p>From ici</p><p>{LONG}</p><p>a {{{{ used_name }}}} b</p>",
    },
    {"id": "b", "type": "button", "label": "Go", "url": "https://example.org/"},
]
COMPILED = compile_message(
    DOCUMENT, subject="{{ first_name }} à {{ commune_name }}", brand=Brand("Campagne Exemple", "Paris")
)
TEMPLATE = message_template(COMPILED)
BUILDER = MessageBuilder(COMPILED, SENDER, feedback_id="42:mailing:example")

words = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=".\n From=é🦊\u0301\t\r {}%<>&\"'\\", max_size=200),
    st.text(alphabet="aé", min_size=70, max_size=160),
    st.sampled_from(
        [".", "..", "From x", "\r\n.\r\n", "=", "=20", "a" * 75, "a" * 76, "a" * 75 + ".", "é" * 400]
    ),
)


def built(context, **changes):
    arguments = {
        "to": "zoe@example.com",
        "to_name": "Zoé Martin",
        "message_token": "abc123",
        "date": MOMENT,
        "unsubscribe_url": "https://crm.example.org/u/" + "T" * 108,
        **changes,
    }
    return BUILDER.build(TEMPLATE.render_values(context), **arguments)


def parsed(raw):
    return message_from_bytes(raw, policy=policy.default)


def content(message, kind):
    """The decoded part, its CRLF as written by the author."""
    return message.get_body((kind,)).get_content().replace("\r\n", "\n")


@given(
    first=words, last=words, used=words, place=words, name=st.text(max_size=80), extra=st.text(max_size=300)
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_parsed_back_is_what_was_rendered(first, last, used, place, name, extra):
    context = example_values(links=1) | {
        "first_name": first,
        "last_name": last,
        "used_name": used,
        "commune_name": place,
    }
    values = TEMPLATE.render_values(context)
    raw = built(context, to_name=name, headers={"X-Note": extra})
    message = parsed(raw)
    assert content(message, "html") == TEMPLATE.html.join(values.html)
    assert content(message, "plain") == TEMPLATE.text.join(values.text)
    assert message["Subject"] == values.subject
    assert message.defects == []
    assert sorted(message.keys()) == sorted(
        "Date Message-ID To Subject List-Unsubscribe List-Unsubscribe-Post X-Note From Reply-To Precedence"
        " X-Auto-Response-Suppress Feedback-ID MIME-Version Content-Type".split()
    )
    assert message["To"].addresses[0].addr_spec == "zoe@example.com"
    assert raw.isascii()
    head, _, body = raw.partition(b"\r\n\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    assert not re.search(rb"(?m)^(\.|From )", body)
    assert not re.search(rb"[ \t]\r\n", body)


@given(st.lists(words, min_size=1, max_size=6))
@settings(max_examples=300)
def test_pieces_join_into_quoted_printable(pieces):
    pieces = [piece.replace("\r", "") for piece in pieces]
    *middle, last = pieces
    encoded = b"".join([*map(encode_piece, middle), encode_end(last)])
    assert decodestring(encoded).decode().replace("\r\n", "\n") == "".join(pieces)
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))


def test_headers_of_a_mailing():
    message = parsed(built(example_values(links=1)))
    assert dict(message.items()) == {
        "Date": "Thu, 04 Mar 2027 19:30:15 +0000",
        "Message-ID": "<abc123@example.org>",
        "To": "Zoé Martin <zoe@example.com>",
        "Subject": "Camille à Beauvais",
        "List-Unsubscribe": f"<https://crm.example.org/u/{'T' * 108}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "From": '"Élise Durand, candidate" <elise@example.org>',
        "Reply-To": "reponses@example.org",
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Feedback-ID": "42:mailing:example",
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="=_{COMPILED.version}"',
    }
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_headers_of_a_service_message():
    builder = MessageBuilder(COMPILED, replace(SENDER, reply_to=""), service=True)
    values = TEMPLATE.render_values(example_values(links=1))
    message = parsed(builder.build(values, to="zoe@example.com", message_token="a", date=MOMENT))
    assert message["Auto-Submitted"] == "auto-generated"
    for absent in ("Precedence", "List-Unsubscribe", "List-Unsubscribe-Post", "Reply-To", "Feedback-ID"):
        assert message[absent] is None


def test_a_mailbox_to_unsubscribe_by_can_be_added():
    message = parsed(built(example_values(links=1), unsubscribe_address="stop+x@example.org"))
    assert message["List-Unsubscribe"] == (
        f"<https://crm.example.org/u/{'T' * 108}>, <mailto:stop+x@example.org>"
    )


@pytest.mark.parametrize(
    "name", ["Zoé\r\nBcc: x@example.com", "Zoé\nX: y", 'a" <x@example.com>', "=?utf-8?q?x?="]
)
def test_a_name_adds_no_header_and_no_address(name):
    message = parsed(built(example_values(links=1), to_name=name))
    assert message["Bcc"] is None
    assert message["X"] is None
    (address,) = message["To"].addresses
    assert address.addr_spec == "zoe@example.com"
    assert address.display_name == re.sub(r"\s+", " ", name)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "zoe",
        "zoe@",
        "@example.com",
        "zoe@example.com\r\nBcc: x@example.com",
        "zoe@exa mple.com",
        "<zoe@example.com>",
        "a@b@example.com",
        "zoé@example.com",
        '"zoe x"@example.com',
        ".zoe@example.com",
        "zoe..x@example.com",
        "zoe@-example.com",
        "zoe@example..com",
        "zoe@[127.0.0.1]",
        "a" * 250 + "@example.com",
    ],
)
def test_an_address_that_cannot_be_written_to_is_refused_for_good(address):
    with pytest.raises(BadAddress) as refused:
        built(example_values(links=1), to=address)
    assert refused.value.permanent


def test_an_international_domain_is_written_in_ascii():
    assert checked_address("zoe@éxample.com") == "zoe@xn--xample-9ua.com"


@pytest.mark.parametrize(
    "changes",
    [
        {"message_token": "a b"},
        {"message_token": "a>\r\nX: y"},
        {"unsubscribe_url": "https://example.org/>\r\nX: y"},
        {"unsubscribe_url": "javascript:x"},
        {"headers": {"X: y\r\nZ": "1"}},
        {"headers": {"Bcc": "x@example.com"}},
        {"headers": {"List-Unsubscribe": "<https://example.com>"}},
    ],
)
def test_a_header_of_the_callers_own_making_is_refused(changes):
    with pytest.raises(ValueError, match=r"token|address|header"):
        built(example_values(links=1), **changes)


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ("Bonjour", b"Subject: Bonjour\r\n"),
        ("Élu", b"Subject: =?utf-8?q?=C3=89lu?=\r\n"),
        ("=?utf-8?q?a?=", b"Subject: =?utf-8?b?PT91dGYtOD9xP2E/PQ==?=\r\n"),
        ("日本語", b"Subject: =?utf-8?b?5pel5pys6Kqe?=\r\n"),
    ],
)
def test_a_subject_on_the_wire(value, wire):
    assert unstructured("Subject", value) == wire


def test_long_headers_are_folded_within_76_characters():
    for value in ("é" * 200, "mot " * 60, "🦊" * 60, "a" * 200):
        lines = unstructured("Subject", value).split(b"\r\n")[:-1]
        assert max(map(len, lines)) <= 76
        assert all(line.startswith(b" ") for line in lines[1:])


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("", b"To: zoe@example.com\r\n"),
        ("Zoe Martin", b"To: Zoe Martin <zoe@example.com>\r\n"),
        ("Martin, Zoe", b'To: "Martin, Zoe" <zoe@example.com>\r\n'),
        ('Zoe "Z" \\', b'To: "Zoe \\"Z\\" \\\\" <zoe@example.com>\r\n'),
        ("Zoé", b"To: =?utf-8?q?Zo=C3=A9?= <zoe@example.com>\r\n"),
        ("Z" * 60, b"To: " + b"Z" * 60 + b"\r\n <zoe@example.com>\r\n"),
    ],
)
def test_a_mailbox_on_the_wire(name, wire):
    assert mailbox("To", "zoe@example.com", name) == wire


def test_a_delivery_built_again_is_the_same_message():
    context = example_values(links=1)
    assert built(context) == built(context)
