"""Ways out and senders: sealed secrets, checked settings, and the local ones of a machine on its own."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from pytest_django import Settings

from campaign_crm.platform.crypto import hash_key_fingerprint, unseal
from campaign_crm.platform.models import AuditEntry, Organisation, User
from campaign_crm.platform.rights import Role
from messaging.errors import CannotSend, NotAllowed
from messaging.models import Campaign, ProviderAccount, SenderIdentity
from messaging.providers.errors import SettingsInvalid
from messaging.services import senders
from messaging.services.account_check import connection_findings
from messaging.services.campaigns import resume
from messaging.services.service_messages import send_service_message
from tests.messaging.people import make_account, make_campaign, make_officer
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db

SERVER = {"host": "smtp.example.org", "security": "starttls"}
SECRET = {"username": "campaign", "password": "correct horse"}


@pytest.fixture
def administrator() -> User:
    return make_officer()


def test_credentials_are_sealed_and_never_in_the_trail(administrator: User) -> None:
    account = senders.create_account(
        by=administrator, kind="smtp", name="Main", settings=SERVER, credentials=SECRET
    )
    account.refresh_from_db()
    assert account.settings == SERVER
    assert "correct horse" not in account.sealed_credentials
    assert unseal(account.sealed_credentials) == SECRET
    assert "correct horse" not in str(list(AuditEntry.objects.values()))


def test_settings_that_cannot_work_are_refused_by_field(administrator: User) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        senders.create_account(by=administrator, kind="smtp", name="Main", settings={"port": 99999})
    assert set(refused.value.problems) == {"host", "port"}
    assert ProviderAccount.objects.count() == 0


def test_a_change_keeps_the_credentials_unless_new_ones_are_given(administrator: User) -> None:
    account = senders.create_account(
        by=administrator, kind="smtp", name="Main", settings=SERVER, credentials=SECRET
    )
    senders.update_account(account=account, by=administrator, messages_per_second=5)
    account.refresh_from_db()
    assert (account.messages_per_second, unseal(account.sealed_credentials)) == (5, SECRET)
    senders.update_account(account=account, by=administrator, credentials={})
    account.refresh_from_db()
    assert account.sealed_credentials == ""


@pytest.mark.parametrize("elsewhere", [{"host": "other.example.org"}, {"port": 2525}, {"security": "none"}])
def test_a_kept_secret_goes_to_no_other_server(administrator: User, elsewhere: dict[str, Any]) -> None:
    account = senders.create_account(
        by=administrator, kind="smtp", name="Main", settings=SERVER, credentials=SECRET
    )
    led = SERVER | elsewhere
    with pytest.raises(ValidationError):
        senders.update_account(account=account, by=administrator, settings=led)
    account.refresh_from_db()
    assert account.settings == SERVER
    kept = SECRET | {"password": ""}
    assert senders.completed_credentials(account, kept, SERVER) is None
    typed = senders.completed_credentials(account, kept, led)
    assert typed is not None
    assert "password" not in typed
    with pytest.raises(SettingsInvalid):
        senders.update_account(account=account, by=administrator, settings=led, credentials=typed)


def test_an_officer_without_the_right_changes_nothing() -> None:
    officer = User.objects.create_user(email="o@example.org", role=Role.DIRECTOR, language="en")
    with pytest.raises(NotAllowed):
        senders.create_account(by=officer, kind="smtp", name="Main", settings=SERVER)
    with pytest.raises(NotAllowed):
        senders.create_sender(
            by=officer, from_name="X", address="x@example.org", provider_account=make_account()
        )


def test_an_account_is_checked_without_sending() -> None:
    with SmtpSink() as sink:
        found = connection_findings(make_account(sink.port))
        assert [finding.level for finding in found][:1] == ["ok"]
        assert sink.log() == []
    found = connection_findings(make_account(9))
    assert [finding.level for finding in found] == ["error"]


def test_a_sender_has_a_clean_address(administrator: User) -> None:
    sender = senders.create_sender(
        by=administrator, from_name="Team", address=" News@Example.ORG ", provider_account=make_account()
    )
    assert sender.address == "news@example.org"
    senders.update_sender(sender=sender, by=administrator, from_name="The team")
    sender.refresh_from_db()
    assert sender.from_name == "The team"


def test_service_messages_that_waited_for_a_sender_have_one(administrator: User) -> None:
    send_service_message(
        standing_for="confirmation", address="a@example.com", occasion="1", subject="S", paragraphs=["P"]
    )
    draft = Campaign.objects.create(name="Draft")
    sender = senders.create_sender(
        by=administrator, from_name="Team", address="news@example.org", provider_account=make_account()
    )
    assert Campaign.objects.exclude(standing_for="").get().sender == sender
    draft.refresh_from_db()
    assert draft.sender is None


def test_a_new_installation_gets_a_local_sender_once(settings: Settings) -> None:
    settings.MAIL_CATCHER_ENABLED = True
    settings.MAIL_CATCHER_PORT = 1025
    call_command("prepare_installation")
    settings.MAIL_CATCHER_PORT = 1026
    call_command("prepare_installation")
    account = ProviderAccount.objects.get()
    assert account.name == senders.LOCAL_ACCOUNT
    assert account.settings == {"host": "127.0.0.1", "port": 1026, "security": "none"}
    assert SenderIdentity.objects.get().provider_account == account
    assert Organisation.current().hash_key_fingerprint == hash_key_fingerprint()


def test_an_installation_with_its_own_way_out_gets_none(settings: Settings) -> None:
    settings.MAIL_CATCHER_ENABLED = True
    make_account()
    call_command("prepare_installation")
    assert ProviderAccount.objects.count() == 1
    assert SenderIdentity.objects.count() == 0


def test_another_hash_key_is_not_written_over() -> None:
    Organisation.objects.update_or_create(id=1, defaults={"hash_key_fingerprint": "0123456789ab"})
    call_command("prepare_installation")
    assert Organisation.current().hash_key_fingerprint == "0123456789ab"


def test_service_messages_have_one_chosen_sender(administrator: User) -> None:
    account = make_account()
    first = senders.create_sender(
        by=administrator, from_name="A", address="a@example.org", provider_account=account, for_service=True
    )
    second = senders.create_sender(
        by=administrator, from_name="B", address="b@example.org", provider_account=account
    )
    send_service_message(
        standing_for="confirmation", occasion="1", subject="S", paragraphs=["a"], address="c@example.com"
    )
    senders.update_sender(sender=second, by=administrator, for_service=True)
    first.refresh_from_db()
    assert (first.for_service, second.for_service) == (False, True)
    assert Campaign.objects.get().sender == second


def test_switching_an_account_off_pauses_its_mailings_at_once(administrator: User) -> None:
    campaign = make_campaign(state="sending", audience_count=0)
    account = campaign.sender.provider_account
    senders.update_account(account=account, by=administrator, is_active=False)
    campaign.refresh_from_db()
    assert campaign.state == "paused"
    assert account.name in campaign.pause_reason
    with pytest.raises(CannotSend):
        resume(campaign=campaign, by=administrator)


@pytest.mark.parametrize("rate", [0, -1])
def test_a_rate_below_one_message_a_second_is_refused(administrator: User, rate: int) -> None:
    with pytest.raises(ValidationError):
        senders.create_account(
            by=administrator, kind="smtp", name="Main", settings=SERVER, messages_per_second=rate
        )
