"""The fakes are held to something that is not ours.

django-anymail is an independent client of the same APIs that its authors test live: each fake must take its
batches and give answers that it understands. SES is held to botocore's model besides (in the fake itself),
SendGrid to the models of Twilio's own package.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from anymail.message import AnymailMessage
from django.core.mail import get_connection
from django.test import override_settings
from sendgrid.helpers.mail import (
    ClickTracking,
    Content,
    CustomArg,
    Email,
    Ganalytics,
    Header,
    Mail,
    OpenTracking,
    Personalization,
    ReplyTo,
    SubscriptionTracking,
    Substitution,
    To,
    TrackingSettings,
)

from messaging.providers import registry
from messaging.providers.base import Batch
from tests.messaging.providers.cases import CASES, Case
from tests.messaging.providers.slotted import make_batch, make_message, make_shared
from tests.support.http_fakes import FakeApi, FakeServer
from tests.support.http_fakes.mailgun import DOMAIN
from tests.support.http_fakes.ses import KEY_ID, REGION, members_unknown_to, operation

CLIENTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "brevo": ("brevo", "/", {"api_key": FakeApi.key}),
    "sendgrid": ("sendgrid", "/v3/", {"api_key": FakeApi.key}),
    "mailjet": ("mailjet", "/v3.1/", {"api_key": "public", "secret_key": FakeApi.key}),
    "mailgun": ("mailgun", "/v3", {"api_key": FakeApi.key, "sender_domain": DOMAIN}),
    "ses": ("amazon_ses", "", {}),
}
# How each names a value inside its own texts.
NAMED = {
    "brevo": "{{params.name}}",
    "sendgrid": ":name",
    "mailjet": "",
    "mailgun": "%recipient.name%",
    "ses": "{{name}}",
}


@contextmanager
def client_of(case: Case, server: FakeServer) -> Iterator[Any]:
    """django-anymail's backend, speaking to the fake."""
    name, path, settings = CLIENTS[case.kind]
    if case.kind == "ses":
        parameters = {
            "aws_access_key_id": KEY_ID,
            "aws_secret_access_key": FakeApi.key,
            "region_name": REGION,
            "endpoint_url": server.url,
        }
        options = {"client_params": parameters}
    else:
        options = {"api_url": server.url + path, **settings}
    with warnings.catch_warnings(), override_settings(ANYMAIL={}):
        warnings.simplefilter("ignore")  # it warns that it no longer supports SendGrid
        with get_connection(f"anymail.backends.{name}.EmailBackend", **options) as connection:
            yield connection


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
def test_an_independent_client_is_understood_and_understands(case: Case) -> None:
    people = ["a@example.com", "b@example.com"]
    mark = NAMED[case.kind]
    with FakeServer(case.fake()) as server, client_of(case, server) as connection:
        message = AnymailMessage(
            subject="Hello", body=f"Dear {mark}", from_email="News <news@example.org>", to=people
        )
        message.attach_alternative(f"<p>{mark}</p>", "text/html")
        message.merge_headers = {
            one: {"List-Unsubscribe": f"<https://example.org/{one[0]}>"} for one in people
        }
        message.merge_metadata = {one: {"mid": f"key{one[0]}"} for one in people}
        if mark:
            message.merge_data = {one: {"name": f"Zoé{one[0]}"} for one in people}
        if case.kind == "sendgrid":
            message.esp_extra = {"merge_field_format": ":{}"}
        if case.kind == "ses":
            _as_inline_template(message, mark)
        connection.send_messages([message])
        status = message.anymail_status
    assert set(status.recipients) == set(people)
    assert all(one.status in ("queued", "sent") and one.message_id for one in status.recipients.values())
    taken = sorted(server.api.taken, key=lambda one: one.recipient)
    assert [one.recipient for one in taken] == people
    for one in taken:
        assert one.headers["List-Unsubscribe"] == f"<https://example.org/{one.recipient[0]}>"
        if case.kind != "sendgrid":  # for which it makes ids of its own
            assert status.recipients[one.recipient].message_id == one.message_id
        if mark:
            assert f"Zoé{one.recipient[0]}" in one.html
        if case.kind not in ("ses", "mailjet"):  # these have their metadata elsewhere
            assert f"key{one.recipient[0]}" in one.key


def _as_inline_template(message: AnymailMessage, mark: str) -> None:
    """What it needs for SES, which it knows with stored templates only."""
    content = {"Subject": "Hello", "Html": f"<p>{mark}</p>", "Text": f"Dear {mark}"}
    template = {"TemplateContent": content, "TemplateData": "{}"}
    message.template_id = "inline"
    message.merge_metadata = {}
    message.subject = message.body = None  # type: ignore[assignment]
    message.alternatives = []
    message.esp_extra = {"DefaultContent": {"Template": template}}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
def test_an_independent_client_is_refused_with_a_wrong_key(case: Case) -> None:
    with FakeServer(case.fake()) as server, client_of(case, server) as connection:
        server.api.wants_value = server.api.key = "another"
        message = AnymailMessage("Hello", "x", "news@example.org", ["a@example.com"])
        with pytest.raises(Exception, match=r"40[13]|UnrecognizedClient"):
            connection.send_messages([message])
    assert server.api.taken == []


def test_our_call_to_sendgrid_is_what_its_own_package_writes() -> None:
    case = next(one for one in CASES if one.kind == "sendgrid")
    batch = make_batch(2)
    with case.playing() as (server, provider):
        provider.send(batch)
    ours = json.loads(server.made[0].body)
    mail = Mail()
    mail.from_email = Email("news@example.org", "Équipe, de campagne")
    mail.reply_to = ReplyTo("answers@example.org")
    mail.subject = ours["subject"]
    for part in ours["content"]:
        mail.add_content(Content(part["type"], part["value"]))
    tracking = TrackingSettings()
    tracking.click_tracking = ClickTracking(False, False)
    tracking.open_tracking = OpenTracking(False)
    tracking.subscription_tracking = SubscriptionTracking(False)
    tracking.ganalytics = Ganalytics(False)
    mail.tracking_settings = tracking
    for message, written in zip(batch.items, ours["personalizations"], strict=True):
        one = Personalization()
        one.add_to(To(message.recipient))
        for name, value in written["headers"].items():
            one.add_header(Header(name, value))
        for tag, value in written["substitutions"].items():
            one.add_substitution(Substitution(tag, value))
        one.add_custom_arg(CustomArg("mid", message.key))
        mail.add_personalization(one)
    theirs = mail.get()
    theirs["personalizations"].sort(key=lambda one: one["to"][0]["email"])  # it puts the last one first
    assert theirs == ours


def test_our_call_to_ses_is_one_of_its_service_model() -> None:
    """The model's rules are asked by the fake at each call; here, that it would notice."""
    shape = operation().input_shape
    case = next(one for one in CASES if one.kind == "ses")
    with case.playing() as (server, provider):
        provider.send(Batch([make_message(1)], make_shared()))
    call = json.loads(server.made[0].body)
    assert members_unknown_to(shape, call) == []
    call["BulkEmailEntries"][0]["Headers"] = []
    assert members_unknown_to(shape, call) == [".BulkEmailEntries.Headers"]


def test_a_check_of_ses_asks_as_boto3_does() -> None:
    case = next(one for one in CASES if one.kind == "ses")
    with FakeServer(case.fake()) as server:
        found = registry.check("ses", case.settings_for(server))
    assert any("14 messages a second and 50,000 a day" in str(one.text) for one in found)
