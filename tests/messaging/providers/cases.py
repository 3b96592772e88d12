"""Every kind of HTTP provider with its fake, for the contract suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from messaging.providers import registry
from messaging.providers.base import Provider
from tests.support.http_fakes import FakeApi, FakeServer, HttpFault
from tests.support.http_fakes.brevo import BrevoFake
from tests.support.http_fakes.mailgun import DOMAIN, MailgunFake
from tests.support.http_fakes.mailjet import MailjetFake
from tests.support.http_fakes.sendgrid import SendGridFake
from tests.support.http_fakes.ses import KEY_ID, SesFake

PATIENCE = {"timeout": 1, "batch_timeout": 20, "connections": 1}


@dataclass(frozen=True)
class Case:
    """One kind. `per_call`: messages of one call; `repeats`: a lost call is repeated under its key."""

    kind: str
    fake: Callable[..., FakeApi]
    per_call: int
    settings: dict[str, Any] = field(default_factory=dict)
    repeats: bool = False

    @contextmanager
    def playing(self, *faults: HttpFault, **settings: Any) -> Iterator[tuple[FakeServer, Provider]]:
        with FakeServer(self.fake(), *faults) as server:
            own = {**self.settings, **PATIENCE, "api_url": server.url, **settings}
            with registry.create(self.kind, own) as provider:
                yield server, provider

    def settings_for(self, server: FakeServer, **more: Any) -> dict[str, Any]:
        return {**self.settings, "api_url": server.url, **more}


CASES = (
    Case("brevo", BrevoFake, 1_000, {"api_key": FakeApi.key}, repeats=True),
    Case(
        "ses", SesFake, 50, {"region": "eu-west-3", "access_key_id": KEY_ID, "secret_access_key": FakeApi.key}
    ),
    Case("sendgrid", SendGridFake, 1_000, {"api_key": FakeApi.key}),
    Case("mailjet", MailjetFake, 50, {"api_key": "public", "secret_key": FakeApi.key}),
    Case("mailgun", MailgunFake, 1_000, {"api_key": FakeApi.key, "domain": DOMAIN}),
)
