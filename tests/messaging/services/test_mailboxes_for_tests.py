"""Test mailboxes: one outside the team takes tests once its owner has said so, and no longer."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from campaign_crm.platform.models import AuditEntry, User
from campaign_crm.platform.rights import Role
from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.services.suppressions import suppress
from messaging.errors import NotAllowed
from messaging.models import Delivery, MailboxForTests
from messaging.services.test_addresses import NotForTests
from messaging.services.test_mailboxes import MailboxRefused, ask_mailbox, confirm_url
from messaging.services.testing import send_test
from tests.messaging.people import make_campaign, make_officer

pytestmark = pytest.mark.django_db
OUTSIDE = "friend@example.com"


def confirm(mailbox: MailboxForTests) -> None:
    path = urlsplit(confirm_url(mailbox)).path
    stranger = Client(headers={"accept-language": "en"})
    assert OUTSIDE in stranger.get(path).content.decode()
    assert MailboxForTests.objects.get(pk=mailbox.pk).confirmed_at is None, "a look confirms nothing"
    assert "from now on" in stranger.post(path).content.decode()


def test_a_mailbox_takes_tests_once_its_owner_has_confirmed() -> None:
    campaign, officer = make_campaign(), make_officer()
    mailbox = ask_mailbox(address=" Friend@Example.com", by=officer)
    asked = Delivery.objects.get()
    assert (asked.address, confirm_url(mailbox)[:30]) == (OUTSIDE, asked.context["action_url"][:30])
    with override("en"), pytest.raises(NotForTests, match="confirmed test mailboxes"):
        send_test(campaign=campaign, addresses=[OUTSIDE], by=officer)
    confirm(mailbox)
    send_test(campaign=campaign, addresses=[OUTSIDE], by=officer)
    assert Delivery.objects.count() == 2
    acts = AuditEntry.objects.filter(object_id=str(mailbox.pk), action__startswith="test_mailbox")
    assert [one.action for one in acts.order_by("pk")] == ["test_mailbox.ask", "test_mailbox.confirm"]


def test_nobody_is_asked_twice_a_day_or_against_their_word() -> None:
    officer = make_officer()
    ask_mailbox(address=OUTSIDE, by=officer)
    with override("en"), pytest.raises(MailboxRefused, match="asked already"):
        ask_mailbox(address=OUTSIDE, by=officer)
    MailboxForTests.objects.update(asked_at=timezone.now() - timedelta(days=2))
    ask_mailbox(address=OUTSIDE, by=officer)
    suppress(
        channel=Channel.EMAIL,
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.UNSUBSCRIBE,
        address="other@example.com",
        by=None,
    )
    with override("en"), pytest.raises(MailboxRefused, match="do-not-contact list"):
        ask_mailbox(address="other@example.com", by=officer)
    reader = User.objects.create_user(email="reader@example.org", role=Role.READ_ONLY, language="en")
    with pytest.raises(NotAllowed):
        ask_mailbox(address="third@example.com", by=reader)


@pytest.mark.parametrize("token", ["7", "7:abc:def", "nothing"])
def test_a_link_that_was_never_made_confirms_nothing(token: str) -> None:
    path = reverse("messaging:confirm_test_mailbox", args=[token])
    assert [Client().get(path).status_code, Client().post(path).status_code] == [410, 410]


def test_the_page_asks_and_removes() -> None:
    client = Client()
    client.force_login(make_officer())
    page = reverse("messaging:test_mailboxes")
    assert "No test mailbox yet" in client.get(page).content.decode()
    client.post(page, {"address": OUTSIDE})
    mailbox = MailboxForTests.objects.get()
    shown = client.get(page).content.decode()
    assert OUTSIDE in shown
    assert "Not confirmed yet" in shown
    confirm(mailbox)
    assert "Takes tests" in client.get(page).content.decode()
    assert (
        "not an e-mail address" in client.post(page, {"address": "no"}, follow=True).content.decode().lower()
    )
    client.post(page, {"remove": str(mailbox.pk)})
    assert not MailboxForTests.objects.exists()
    assert Client().get(urlsplit(confirm_url(mailbox)).path).status_code == 410
