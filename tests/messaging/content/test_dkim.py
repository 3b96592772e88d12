"""Signatures that dkimpy, which is not ours, verifies; and that break when what they cover changes."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import dkim
import pytest

from messaging.content.brand import Brand
from messaging.content.compile import compile_message
from messaging.content.dkim import BadKey, DkimKey, Signer, new_ed25519_key, new_rsa_key, public_record
from messaging.content.fields import example_values
from messaging.content.mime import MessageBuilder, SenderData
from messaging.content.rendering import message_template

MOMENT = datetime(2026, 3, 4, 19, 30, 15, tzinfo=UTC)
RSA, ED25519 = new_rsa_key(), new_ed25519_key()
KEYS = [DkimKey("example.org", "crm2027", RSA), DkimKey("example.org", "crm2027e", ED25519)]
RECORDS = {
    b"crm2027._domainkey.example.org.": public_record(RSA).encode(),
    b"crm2027e._domainkey.example.org.": public_record(ED25519).encode(),
}
COMPILED = compile_message(
    [{"id": "t", "type": "text", "html": "<p>{{ greeting }} à bientôt  !</p>"}],
    subject="{{ first_name }}, la lettre d’été de la campagne, avec un objet assez long pour être plié",
    brand=Brand("Campagne Exemple", "Paris"),
)


def found(name: bytes, timeout: int = 5) -> bytes | None:
    return RECORDS.get(name)


def verifies(message: bytes, *, signature: int = 0) -> bool:
    try:
        return dkim.DKIM(message).verify(idx=signature, dnsfunc=found)
    except dkim.ValidationError:  # the body is another
        return False


@pytest.fixture(scope="module")
def message() -> bytes:
    builder = MessageBuilder(
        COMPILED,
        SenderData("Élise Durand, candidate", "elise@example.org", "reponses@example.org"),
        feedback_id="42:mailing:example",
        signer=Signer(KEYS),
    )
    values = example_values(links=len(COMPILED.tracked_links))
    return builder.build(
        message_template(COMPILED).render_values(values),
        to="camille@example.com",
        message_token="abc.def",
        date=MOMENT,
        unsubscribe_url="https://example.org/u/abc",
    )


@pytest.mark.parametrize("signature", [0, 1], ids=["RSA", "Ed25519"])
def test_both_signatures_verify(message, signature) -> None:
    assert verifies(message, signature=signature)


def test_what_matters_is_signed_and_From_cannot_be_added(message) -> None:
    first = message_from_bytes(message, policy=policy.SMTP)["DKIM-Signature"]
    tags = dict(tag.strip().split("=", 1) for tag in "".join(first.split()).split(";") if tag)
    names = tags["h"].split(":")
    assert {"subject", "to", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post"} <= set(names)
    assert names.count("from") == 2
    assert tags["t"] == str(int(MOMENT.timestamp()))
    forged = message.replace(b"From: ", b"From: Autre <autre@example.org>\r\nFrom: ", 1)
    assert not verifies(forged)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"bient=C3=B4t", b"jamais=C3=B4t"), (b"/u/abc", b"/u/abd"), (b"camille@", b"camila@")],
    ids=["body", "way out", "recipient"],
)
def test_a_change_breaks_the_signature(message, old, new) -> None:
    assert old in message
    assert not verifies(message.replace(old, new))


@pytest.mark.parametrize("body", [b"", b"x", b"x\r\n", b"x\r\n\r\n\r\n", b"\r\n"])
def test_the_end_of_any_body_is_canonicalised(body) -> None:
    field = b"From: a@example.org\r\n"
    signed = Signer(KEYS[:1]).signatures([field], body, at=1) + field + b"\r\n" + body
    assert verifies(signed)


def test_no_line_is_longer_than_mail_allows(message) -> None:
    signature = message[: message.index(b"\r\nDate: ")]
    assert max(map(len, signature.split(b"\r\n"))) <= 78


@pytest.mark.parametrize("key", [b"", b"-----BEGIN PRIVATE KEY-----\nMAo=\n-----END PRIVATE KEY-----\n"])
def test_a_key_that_cannot_sign_is_refused(key) -> None:
    with pytest.raises(BadKey):
        Signer([DkimKey("example.org", "s", key)])


def test_a_key_never_shows_itself() -> None:
    assert "PRIVATE" not in repr(KEYS[0])
