"""Keys of the API are made, shown once and revoked by administrators, and every act stands in the journal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from campaign_crm.platform.api.keys import create_api_key
from campaign_crm.platform.models import ApiKey, AuditEntry, User
from campaign_crm.platform.rights import Role
from campaign_crm.platform.scopes import Scope

pytestmark = pytest.mark.django_db
LIST, NEW = "/settings/api-keys/", "/settings/api-keys/new/"
SignedIn = Callable[..., Client]


def asked(**other: object) -> dict[str, object]:
    return {"name": "Website", "scopes": [Scope.PEOPLE_READ], "last_day": ""} | other


def status_with(text: str) -> int:
    return Client(headers={"authorization": f"Bearer {text}"}).get("/api/v1/people/").status_code


def test_new_key_is_shown_once_and_opens_the_api(signed_in: SignedIn) -> None:
    client = signed_in()
    answer = client.post(NEW, asked())
    text = answer.context["text"]
    assert f'data-copy="{text}"' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert status_with(text) == 200
    assert text not in client.get(LIST).content.decode()


def test_making_a_key_is_in_the_journal_without_its_text(signed_in: SignedIn) -> None:
    text = signed_in().post(NEW, asked()).context["text"]
    entry = AuditEntry.objects.get(action="api_key.create")
    assert entry.detail == {
        "scopes": ["people:read"],
        "territory": None,
        "expires_at": None,
        "kind": "machine",
        "origins": [],
    }
    assert entry.actor.role == Role.ADMINISTRATOR
    _, _, secret = text.split("_", 2)
    assert secret not in str(entry.__dict__)


def test_key_works_through_its_last_day(signed_in: SignedIn) -> None:
    text = signed_in().post(NEW, asked(last_day=timezone.localdate().isoformat())).context["text"]
    assert status_with(text) == 200
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert status_with(text) == 401


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"last_day": "2020-01-01"}, "last_day"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"name": " "}, "name"),
    ],
)
def test_key_that_would_be_useless_or_boundless_is_not_made(
    signed_in: SignedIn, wrong: dict[str, object], field: str
) -> None:
    answer = signed_in().post(NEW, asked(**wrong))
    assert (answer.context["form"].errors.keys(), ApiKey.objects.exists()) == ({field}, False)


def test_revoked_key_is_refused_and_twice_leaves_one_trace(signed_in: SignedIn) -> None:
    client = signed_in()
    key, text = create_api_key(name="Website", scopes=Scope.values, by=User.objects.get())
    for _click in range(2):
        client.post(f"{LIST}{key.pk}/revoke/")
    assert status_with(text) == 401
    assert AuditEntry.objects.filter(action="api_key.revoke").count() == 1


def test_list_says_what_each_may_do_and_when_it_was_last_used(signed_in: SignedIn) -> None:
    client = signed_in()
    _key, text = create_api_key(name="Used one", scopes=[Scope.PEOPLE_READ], by=User.objects.get())
    create_api_key(name="Idle one", scopes=[Scope.SIGN_UPS_WRITE], by=User.objects.get())
    status_with(text)
    page = client.get(LIST).content.decode()
    idle, used = page.index("Idle one"), page.index("Used one")
    assert "never" in page[idle:used]
    assert "never" not in page[used : page.index("</table>")]
    assert "Read people" in page[used:]
    assert page.count('data-dialog-open="revoke-') == 2


@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.READ_ONLY])
def test_other_roles_make_and_revoke_nothing(signed_in: SignedIn, role: str) -> None:
    client = signed_in(role)
    key, text = create_api_key(name="Website", scopes=Scope.values, by=User.objects.get())
    refused = [client.get(LIST), client.post(NEW, asked()), client.post(f"{LIST}{key.pk}/revoke/")]
    assert [answer.status_code for answer in refused] == [403] * 3
    assert (ApiKey.objects.count(), status_with(text)) == (1, 200)
