"""Every operation is asked what its description allows, and what it does not: no server error, no answer that
is off the description. The description is OpenAPI 3.1, and its pages are ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import lru_cache
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck
from schemathesis.checks import CHECKS

from campaign_crm.platform.api import reads, views
from campaign_crm.platform.api.keys import create_api_key
from campaign_crm.platform.models import ApiKey, User
from campaign_crm.platform.scopes import Scope
from contacts.models import Contact, Export, Import, Segment
from contacts.services.people import add_tag, tag_named
from messaging.models import Campaign
from tests.shell.access_rows import OPERATIONS
from tests.shell.api.conftest import make_event
from tests.support.places import make_places
from tracking.models import Form

pytestmark = [
    pytest.mark.django_db,
    # An upload that is cut off leaves a temporary file, which is closed when it is collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
FEW, MANY = 4, 150  # examples an operation
NAMES = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)
ENOUGH = 10**6


@lru_cache(maxsize=1)
def described() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture
def things(boss: User, lea: Contact, join: Form) -> dict[str, dict[str, Any]]:
    """What stands in addresses, by the first word of their path: one thing of each kind."""
    tag = tag_named("Volunteer")
    add_tag(contact=lea, tag=tag, by=boss)
    tree = {"all": [{"condition": "gender", "operator": "is", "value": ["F"]}]}
    export = Export.objects.create(
        purpose="calls", scope={}, columns=["last_name"], rows=1, state="ready", requested_by=boss
    )
    return {
        "people": {"id": lea.pk, "tag": tag.pk},
        "segments": {"id": Segment.objects.create(name="Women", tree=tree, created_by=boss).pk},
        "territories": {"id": make_places().oise.pk},
        "imports": {"id": Import.objects.create(kind="address-book", file_name="a.csv", file_path="/a").pk},
        "exports": {"id": export.pk},
        "mailings": {"id": Campaign.objects.create(name="Letter", subject="Hello").pk},
        "forms": {"slug": join.slug},
        "events": {"slug": make_event().slug},
    }


@pytest.fixture
def texts(boss: User) -> dict[str, str]:
    """A key for what machines may, a token for what members alone may."""
    later = timezone.now() + timedelta(days=1)
    token = create_api_key(
        name="Mine", kind=ApiKey.Kind.PERSONAL, scopes=Scope.values, expires_at=later, by=boss
    )
    key = create_api_key(name="Machine", scopes=Scope.values, by=boss)
    return {"token": token[1], "key": key[1]}


@pytest.fixture
def in_one_transaction() -> Iterator[None]:
    """A request ends no connection: it is the test's."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def without_limits(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> None:
    for module, names in (
        (views, ("BY_ONE_MACHINE", "BY_ONE_MEMBER")),
        (reads, ("BY_ONE_KEY", "BY_ONE_MEMBER")),
    ):
        for name in names:
            monkeypatch.setattr(module, name, ENOUGH)
    settings.MEDIA_ROOT = str(tmp_path)


def ask(name: str, things: dict[str, dict[str, Any]], texts: dict[str, str], *, examples: int) -> None:
    """Ask one operation `examples` times: half of them of a thing that is there."""
    schema = schemathesis.openapi.from_dict(described())
    schema.app = get_wsgi_application()
    method, path = name.split()
    operation = schema[f"/api/v1/{path}"][method]
    row = OPERATIONS[name]
    text = texts["key"] if row.machines and row.scope is not None else texts["token"]
    headers = {"Authorization": f"Bearer {text}", "Accept-Encoding": "identity"}
    checks = CHECKS.get_by_names(NAMES)
    asked = iter(range(ENOUGH))

    @hypothesis.settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    )
    @hypothesis.given(case=operation.as_strategy())
    def one(case: Any) -> None:
        known = things.get(path.split("/")[0], {})
        if next(asked) % 2 == 0:
            case.path_parameters = {key: known.get(key, value) for key, value in case.path_parameters.items()}
        with transaction.atomic():
            case.call_and_validate(headers=headers, checks=checks)
            transaction.set_rollback(True)

    one()


@pytest.mark.usefixtures("without_limits", "in_one_transaction")
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_no_answer_is_off_the_description(
    things: dict[str, dict[str, Any]], texts: dict[str, str], name: str
) -> None:
    ask(name, things, texts, examples=FEW)


@pytest.mark.slow
@pytest.mark.usefixtures("without_limits", "in_one_transaction")
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_no_answer_is_off_the_description_whatever_is_asked(
    things: dict[str, dict[str, Any]], texts: dict[str, str], name: str
) -> None:
    ask(name, things, texts, examples=MANY)


def test_description_is_sound_and_on_pages_of_our_own(signed_in: Callable[..., Client]) -> None:
    found = described()
    validate_schema(found)
    assert found["openapi"] == "3.1.0"
    client = signed_in()
    served = client.get("/api/v1/schema/")
    assert (served.status_code, served.json()["openapi"]) == (200, "3.1.0")
    page = client.get("/api/v1/docs/").content.decode()
    assert [name for name in OPERATIONS if f"/api/v1/{name.split()[1]}" not in page] == []
    assert "problem-throttled" in page
