"""Who may ask the API for what: every operation × role × territory, every operation × kind of key.

The operations come from the OpenAPI description: a new one without its row in `access_rows.py` fails here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from campaign_crm.platform.api.keys import create_api_key
from campaign_crm.platform.models import ApiKey, User
from campaign_crm.platform.rights import NATIONAL_ONLY, Role, role_has_right
from campaign_crm.platform.scopes import Scope
from contacts.models import Contact, Grant, Source
from contacts.services.people import create_contact
from tests.shell.access_rows import OPERATIONS, PERSON
from tests.support.places import Places, make_places

pytestmark = pytest.mark.django_db
BASE = "/api/v1/"
METHODS = {"get", "post", "put", "patch", "delete"}
SAMPLES = {"id": "999999", "tag": "999999", "slug": "nothing"}
ORIGIN = "https://www.example.org"
IN_A_TERRITORY = [role for role in Role if role not in NATIONAL_ONLY]
CLOSED = (401, 403)


def described() -> Iterator[str]:
    """Each operation of the description: "GET people/{id}/"."""
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    for path, methods in paths.items():
        for method in METHODS & methods.keys():
            yield f"{method.upper()} {path.removeprefix(BASE)}"


def asked(client: Client, operation: str, **samples: object) -> int:
    """The status of an operation, with sample values in its address and nothing in its body."""
    method, path = operation.split()
    values = SAMPLES | {name: str(value) for name, value in samples.items()}
    address = BASE + re.sub(r"{(\w+)}", lambda found: values[found[1]], path)
    return client.generic(method, address, "{}", "application/json").status_code


def opened(client: Client) -> dict[str, bool]:
    return {operation: asked(client, operation) not in CLOSED for operation in OPERATIONS}


def with_key(text: str, **headers: str) -> Client:
    return Client(headers={"authorization": f"Bearer {text}"} | headers)


@pytest.fixture(autouse=True)
def signed_in_just_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports ask for it; `test_exports.py` asks about that."""
    monkeypatch.setattr("contacts.api.exports.is_fresh", lambda request: True)


@pytest.fixture
def places() -> Places:
    return make_places()


def test_every_operation_has_its_row_and_every_row_its_operation() -> None:
    assert sorted(set(described()) ^ set(OPERATIONS)) == []


def test_whoever_brings_nothing_is_refused() -> None:
    stranger = Client()
    assert {one: asked(stranger, one) for one in OPERATIONS} == dict.fromkeys(OPERATIONS, 401)


@pytest.mark.parametrize("role", Role.values)
def test_role_does_what_it_holds_and_nothing_else(signed_in: Callable[..., Client], role: str) -> None:
    assert opened(signed_in(role)) == {
        name: role_has_right(role, operation.right) for name, operation in OPERATIONS.items()
    }


@pytest.mark.parametrize("role", IN_A_TERRITORY)
def test_role_in_a_territory_does_what_is_local(
    member: Callable[..., User], places: Places, role: str
) -> None:
    user = member("", email="local@example.org")
    Grant.objects.create(user=user, role=role, territory=places.oise)
    client = Client()
    client.force_login(user)
    assert opened(client) == {
        name: bool(operation.local) and role_has_right(role, operation.right)
        for name, operation in OPERATIONS.items()
    }


@pytest.mark.parametrize("kind", ["machine", "local", "public"])
def test_key_does_what_its_scope_says(member: Callable[..., User], places: Places, kind: str) -> None:
    """With the scope of the operation alone it may, with every other scope it may not."""
    boss = member()
    fields = {
        "machine": {},
        "local": {"territory": places.oise.pk},
        "public": {"kind": ApiKey.Kind.PUBLIC, "origins": [ORIGIN]},
    }[kind]

    def key(scopes: list[str]) -> Client:
        text = create_api_key(name="A key", scopes=scopes, by=boss, **fields)[1]
        return with_key(text, **({"origin": ORIGIN} if kind == "public" else {}))

    only = {scope: key([scope]) for scope in Scope.values}
    others = {scope: key([one for one in Scope.values if one != scope]) for scope in [*Scope.values, None]}
    found, expected = {}, {}
    for name, operation in OPERATIONS.items():
        right_kind = {
            "machine": operation.machines,
            "local": operation.machines and bool(operation.local),
            "public": operation.public,
        }[kind]
        expected[name] = (right_kind and operation.scope is not None, False)
        alone = operation.scope is not None and asked(only[operation.scope], name) not in CLOSED
        found[name] = (alone, asked(others[operation.scope], name) not in CLOSED)
    assert found == expected


@pytest.mark.parametrize("role", [Role.LOCAL_COORDINATOR, Role.READ_ONLY])
def test_token_does_what_it_was_made_for_and_its_owner_may(member: Callable[..., User], role: str) -> None:
    later = timezone.now() + timedelta(days=1)
    _key, text = create_api_key(
        name="Mine", scopes=[Scope.PEOPLE_READ, Scope.PEOPLE_WRITE], kind=ApiKey.Kind.PERSONAL,
        expires_at=later, by=member(role),
    )  # fmt: skip
    assert opened(with_key(text)) == {
        name: operation.scope in (Scope.PEOPLE_READ, Scope.PEOPLE_WRITE)
        and role_has_right(role, operation.right)
        for name, operation in OPERATIONS.items()
    }


def test_people_outside_a_territory_are_as_if_they_were_not(
    member: Callable[..., User], places: Places
) -> None:
    source = Source.objects.create(name="Form", kind="form", lawful_basis="consent", channels=["email"])
    inside, outside = (
        create_contact(source=source, by=None, last_name=name, commune=commune)
        for name, commune in [("Ici", places.beauvais), ("Là-bas", places.amiens)]
    )
    boss = member()
    Grant.objects.create(
        user=(local := member("", email="local@example.org")),
        role=Role.LOCAL_COORDINATOR,
        territory=places.oise,
    )
    session = Client()
    session.force_login(local)
    scopes = [Scope.PEOPLE_READ, Scope.PEOPLE_WRITE]
    _key, text = create_api_key(name="Local", scopes=scopes, territory=places.oise.pk, by=boss)
    before = list(Contact.objects.order_by("pk").values())
    of_a_person = [name for name, operation in OPERATIONS.items() if operation.local == PERSON]
    for client in (session, with_key(text)):
        assert {one: asked(client, one, id=outside.pk) for one in of_a_person} == dict.fromkeys(
            of_a_person, 404
        )
        refused = [one for one in of_a_person if asked(client, one, id=inside.pk) in (403, 500)]
        assert refused == []
        found = client.get(f"{BASE}people/").json()["results"]
        assert [one["id"] for one in found] == [inside.pk]
    assert list(Contact.objects.order_by("pk").values()) == before
