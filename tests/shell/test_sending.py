"""Sending can be switched on again after a restore, by an administrator who has looked, and it shows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from campaign_crm.platform.models import AuditEntry, Organisation, User
from campaign_crm.platform.rights import Role
from campaign_crm.platform.services.organisation import switch_sending
from messaging.enums import CampaignState
from messaging.models import Campaign

pytestmark = pytest.mark.django_db
PAGE = "/settings/sending/"
ON = {"turn": "on", "reason": "Departures since the backup are recorded.", "confirmed": "on"}
SignedIn = Callable[..., Client]


def sending() -> bool:
    return Organisation.objects.values_list("sending_enabled", flat=True).get()


@pytest.fixture
def off(db: None) -> None:
    """As a restore leaves it."""
    Organisation.current()
    Organisation.objects.update(sending_enabled=False)


def test_administrator_switches_sending_on_with_a_reason(off: None, signed_in: SignedIn) -> None:
    answer = signed_in().post(PAGE, ON)
    assert (answer.status_code, answer["Location"], sending()) == (302, PAGE, True)
    entry = AuditEntry.objects.get(action="organisation.sending_on")
    assert (entry.fields, entry.reason, entry.actor.role) == (
        ["sending_enabled"],
        ON["reason"],
        Role.ADMINISTRATOR,
    )


@pytest.mark.parametrize("missing", ["reason", "confirmed"])
def test_nothing_is_switched_on_unexplained_or_unconfirmed(
    off: None, signed_in: SignedIn, missing: str
) -> None:
    answer = signed_in().post(PAGE, {key: value for key, value in ON.items() if key != missing})
    assert (set(answer.context["form"].errors), sending()) == ({missing}, False)
    assert not AuditEntry.objects.filter(action="organisation.sending_on").exists()


@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.READ_ONLY])
def test_other_roles_may_not(off: None, signed_in: SignedIn, role: str) -> None:
    client = signed_in(role)
    assert (client.get(PAGE).status_code, client.post(PAGE, ON).status_code) == (403, 403)
    assert not sending()


def test_sending_is_switched_off_at_once_and_twice_leaves_one_trace(signed_in: SignedIn) -> None:
    client = signed_in()
    for _click in range(2):
        client.post(PAGE, {"turn": "off", "reason": "Wrong list."})
    assert not sending()
    assert AuditEntry.objects.filter(action="organisation.sending_off").count() == 1


def test_what_leaves_by_itself_is_named_first(off: None, signed_in: SignedIn) -> None:
    for state in (CampaignState.SENDING, CampaignState.SCHEDULED, CampaignState.PAUSED, CampaignState.SENT):
        Campaign.objects.create(name=f"Mailing {state}", state=state, audience_count=3)
    page = signed_in().get(PAGE).content.decode()
    shown = {state for state in CampaignState.values if f"Mailing {state}" in page}
    assert shown == {CampaignState.SENDING, CampaignState.SCHEDULED}


@pytest.mark.parametrize("address", ["/", "/settings/team/", reverse("admin:index")])
def test_staff_pages_say_that_sending_is_off_and_where_to_look(
    off: None, signed_in: SignedIn, address: str
) -> None:
    page = signed_in().get(address).content.decode()
    notice = page[page.index("frame-notice") :]
    assert "Sending is switched off." in notice[:600]
    assert f'href="{PAGE}"' in notice[:600]


def test_those_who_may_not_switch_are_sent_to_an_administrator(off: None, signed_in: SignedIn) -> None:
    page = signed_in(Role.READ_ONLY).get("/").content.decode()
    assert "An administrator can switch it on in Settings." in page
    assert PAGE not in page


def test_nothing_is_said_while_sending_is_on(signed_in: SignedIn) -> None:
    assert "frame-notice" not in signed_in().get("/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_uploads_that_a_restore_put_aside_go_once_sending_is_allowed(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    before = tmp_path / "media.before-20261101-120000"
    before.mkdir()
    (before / "list.csv").write_text("somebody")
    officer = User.objects.create_user(email="checks@example.org", role=Role.ADMINISTRATOR)
    switch_sending(on=False, reason="A restore", by=officer)
    assert before.exists()
    switch_sending(on=True, reason="Checked", by=officer)
    assert not before.exists()
