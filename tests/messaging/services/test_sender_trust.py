"""Large mailings from a domain that mailboxes would not believe are held, with the record to add."""

from __future__ import annotations

import pytest
from django.utils import timezone
from django.utils.translation import override
from pytest_django import Settings

from campaign_crm.platform.database import ensure_partition
from contacts.enums import TerritoryKind
from contacts.models import Contact
from messaging.dispatch import lifecycle, ways_out
from messaging.enums import CampaignState
from messaging.errors import CannotSend
from messaging.models import (
    Campaign,
    CampaignVariant,
    Delivery,
    DomainRecord,
    ProviderAccount,
    SenderDomain,
    SenderIdentity,
    SenderRoute,
)
from messaging.models.domain_record import Purpose, RecordState
from messaging.services import sender_trust
from messaging.services.campaigns import resume, schedule, send_now
from messaging.services.pre_send import About, pre_send
from messaging.services.sender_domains import update_domain, wanted_of
from messaging.services.sender_trust import bulk_fault
from tests.messaging.dispatch.test_variants import place
from tests.messaging.domains import make_domain, prove
from tests.messaging.people import make_account, make_campaign, make_officer, make_people, make_sender

pytestmark = pytest.mark.django_db
MANY = sender_trust.UNPROVEN_A_DAY + 1


def sender_by(**settings: object) -> SenderIdentity:
    return make_sender(make_account(**settings), proven=False)  # type: ignore[arg-type]


def fault(recipients: int = MANY, **settings: object) -> str:
    with override("en"):
        return bulk_fault([sender_by(**settings)], recipients)


def test_five_thousand_may_leave_without_any_record() -> None:
    assert fault(sender_trust.UNPROVEN_A_DAY) == ""
    assert "“example.org” has not said who may send for it" in fault()


def test_a_proven_domain_sends_any_number() -> None:
    prove(make_domain())
    assert fault(2_000_000, sign=True) == ""


@pytest.mark.parametrize(
    ("purpose", "record"),
    [
        (Purpose.DKIM, "TXT crm1._domainkey.example.org v=DKIM1; k=rsa; p="),
        (Purpose.SPF, "TXT example.org v=spf1 ip4:192.0.2.1 ~all"),
        (Purpose.DMARC, "TXT _dmarc.example.org v=DMARC1; p=none"),
    ],
)
def test_each_missing_record_is_named_with_its_value(purpose: Purpose, record: str) -> None:
    prove(make_domain(spf_terms="ip4:192.0.2.1"), but=(purpose,))
    assert record in fault(sign=True)


def test_a_wrong_record_is_a_missing_one() -> None:
    prove(make_domain())
    DomainRecord.objects.filter(purpose=Purpose.DMARC).update(state=RecordState.WRONG, last_right_at=None)
    assert "_dmarc.example.org" in fault(sign=True)


def test_a_relay_must_sign_with_a_selector_that_is_published() -> None:
    domain = prove(make_domain())
    assert "Nobody signs for “example.org”" in fault()
    domain = update_domain(domain=domain, by=None, relay_selectors=["s1"])
    assert "s1._domainkey.example.org" in fault()
    prove(domain)
    assert fault() == ""


def test_returns_to_a_host_of_their_own_need_spf_there() -> None:
    domain = make_domain(
        return_path_host="returns.example.org", return_path_target="mx.example.net", spf_terms="mx"
    )
    prove(domain, but=(Purpose.RETURN_SPF,))
    assert "TXT returns.example.org v=spf1" in fault(sign=True)


def test_returns_to_a_host_of_their_own_need_a_server_that_takes_them() -> None:
    domain = make_domain(return_path_host="returns.example.org", return_path_target="mx.example.net")
    prove(domain, but=(Purpose.RETURN_PATH,))
    assert "MX returns.example.org 10 mx.example.net" in fault(sign=True)


def test_a_host_for_returns_at_the_provider_must_be_there() -> None:
    domain = make_domain(
        return_path_host="returns.example.org", return_path_type="cname", return_path_target="u1.example.net"
    )
    prove(domain, but=(Purpose.RETURN_PATH,))
    assert "CNAME returns.example.org u1.example.net" in fault(sign=True)
    prove(domain)
    assert fault(sign=True) == ""


def test_a_mail_server_for_returns_says_nothing_of_what_a_providers_api_sends() -> None:
    domain = make_domain(
        return_path_host="returns.example.org", return_path_target="mx.example.net", relay_selectors=["s1"]
    )
    prove(domain, but=(Purpose.SPF,))
    sender = sender_by()
    ProviderAccount.objects.update(kind="brevo")
    sender.refresh_from_db()
    with override("en"):
        assert "TXT example.org v=spf1" in bulk_fault([sender], MANY)


@pytest.mark.parametrize("weight", [0, 1])
def test_every_way_that_a_mailing_may_take_must_be_believed(weight: int) -> None:
    prove(make_domain())
    sender = sender_by(sign=True)
    assert bulk_fault([sender], MANY) == ""
    other = make_account()
    SenderRoute.objects.create(sender=sender, provider_account=other, weight=weight)
    with override("en"):
        assert f"Let the way out “{other}” be signed here" in bulk_fault([sender], MANY)
    ProviderAccount.objects.filter(pk=other.pk).update(is_active=False)
    assert bulk_fault([sender], MANY) == ""


def test_a_way_out_of_one_territory_must_be_believed_too() -> None:
    prove(make_domain())
    sender = sender_by(sign=True)
    region = place("32", TerritoryKind.REGION)
    SenderRoute.objects.create(sender=sender, provider_account=make_account(), territory=region)
    assert bulk_fault([sender], MANY) != ""


def test_servers_of_every_way_out_are_in_the_record_to_publish() -> None:
    domain = make_domain()
    sender = sender_by(host="smtp.example.net", sign=True)
    below = sender_by(host="smtp.example.com")
    SenderIdentity.objects.filter(pk=below.pk).update(address="news@lyon.example.org")
    reserve = make_account(host="192.0.2.7")
    SenderRoute.objects.create(sender=sender, provider_account=reserve, weight=0)
    SenderRoute.objects.create(sender=sender, provider_account=make_account(host="8.8.8.8"), weight=0)
    spf, below_it = (wanted for wanted in wanted_of(domain) if wanted.purpose == Purpose.SPF)
    assert (spf.name, below_it.name, spf.terms) == ("example.org", "lyon.example.org", below_it.terms)
    assert set(spf.terms) == {"a:smtp.example.net", "a:smtp.example.com", "ip4:8.8.8.8"}


def test_a_sender_below_the_domain_needs_its_own_spf_record() -> None:
    sender = sender_by(sign=True)
    SenderIdentity.objects.filter(pk=sender.pk).update(address="news@lyon.example.org")
    sender.refresh_from_db()
    domain = make_domain(spf_terms="ip4:192.0.2.1")
    prove(domain)
    assert bulk_fault([sender], MANY) == ""
    DomainRecord.objects.filter(name="lyon.example.org").delete()
    with override("en"):
        assert "TXT lyon.example.org v=spf1 ip4:192.0.2.1 ~all" in bulk_fault([sender], MANY)
        assert bulk_fault([sender_by(sign=True)], MANY) == ""
    make_domain("lyon.example.org")
    assert [one.name for one in wanted_of(domain) if one.purpose == Purpose.SPF] == ["example.org"]


def test_what_left_today_from_the_registered_domain_counts() -> None:
    sender = sender_by()
    make_campaign(sender=sender, state="sending", audience_count=4_000, started_at=timezone.now())
    other = sender_by()
    other.address = "news@lyon.example.org"
    other.save()
    assert bulk_fault([other], 1_000) == ""
    assert bulk_fault([other], 1_001) != ""


def test_the_mail_catcher_takes_any_number(settings: Settings) -> None:
    settings.MAIL_CATCHER_ENABLED, settings.MAIL_CATCHER_PORT = True, 1025
    assert bulk_fault([sender_by(port=1025)], MANY) == ""


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender_trust, "UNPROVEN_A_DAY", 2)
    make_people(3)


def test_a_mailing_is_held_with_the_record_to_add(few: None) -> None:
    prove(make_domain(), but=(Purpose.DMARC,))
    campaign = make_campaign(sender=sender_by(sign=True))
    (obstacle,) = pre_send(campaign).obstacles
    assert obstacle.about is About.DOMAIN
    assert "_dmarc.example.org" in obstacle.message
    with pytest.raises(CannotSend, match="_dmarc"):
        send_now(campaign=campaign, by=make_officer())
    prove(make_domain())
    send_now(campaign=campaign, by=make_officer())


def test_a_planned_mailing_is_asked_again_when_it_leaves(few: None) -> None:
    prove(make_domain())
    campaign = make_campaign(sender=sender_by(sign=True))
    schedule(campaign=campaign, at=timezone.now(), by=make_officer())
    DomainRecord.objects.filter(purpose=Purpose.DMARC).update(state=RecordState.MISSING, last_right_at=None)
    lifecycle.start_due()
    assert lifecycle.freeze_waiting() == 0
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT
    assert "_dmarc.example.org" in campaign.pause_reason


@pytest.mark.django_db(transaction=True)
def test_mailings_prepared_for_the_same_hour_share_the_day_of_their_domain(few: None) -> None:
    prove(make_domain(), but=(Purpose.DMARC,))
    sender = sender_by(sign=True)
    first, second = (make_campaign(sender=sender, name=name) for name in ("one", "two"))
    Contact.objects.order_by("pk").last().delete()  # two people: each mailing alone may leave
    for campaign in (first, second):
        send_now(campaign=campaign, by=make_officer())
    assert lifecycle.freeze_waiting() == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (CampaignState.SENDING, CampaignState.DRAFT)
    assert "_dmarc.example.org" in second.pause_reason
    assert not Delivery.objects.filter(campaign=second).exists()


def test_a_paused_mailing_is_asked_again_too(few: None) -> None:
    campaign = make_campaign(state="paused", audience_count=3, sender=sender_by())
    with pytest.raises(CannotSend, match=r"has not said|a pas dit"):
        resume(campaign=campaign, by=make_officer())
    assert Campaign.objects.get().state == CampaignState.PAUSED


def test_a_mailing_under_way_is_held_when_its_domain_no_longer_proves_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sender_trust, "UNPROVEN_A_DAY", 1)
    make_people(3)
    domain = prove(make_domain())
    campaign = make_campaign(sender=sender_by(sign=True))
    Campaign.objects.update(state=CampaignState.SENDING, audience_count=3, frozen_at=timezone.now())
    assert ways_out.hold_unproven() == 0
    domain.records.filter(purpose=Purpose.SPF).update(state=RecordState.MISSING, last_right_at=None)
    SenderDomain.objects.update(checked_at=timezone.now() - 2 * ways_out.LOOKED_AT_LATELY)
    assert ways_out.hold_unproven() == 0, "nothing was looked at since"
    SenderDomain.objects.update(checked_at=timezone.now())
    assert ways_out.hold_unproven() == 1
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert "TXT example.org" in campaign.pause_reason


def test_versions_that_leave_from_the_domain_count_for_its_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender_trust, "UNPROVEN_A_DAY", 10)
    sender = sender_by()
    other = sender_by()
    other.address = "news@other.example"
    other.save()
    begun = make_campaign(sender=other, started_at=timezone.now(), audience_count=40)
    ensure_partition("messaging_delivery", begun.ledger_month.isoformat())
    variant = CampaignVariant.objects.create(
        campaign=begun, number=1, territory=place("75", TerritoryKind.DEPARTMENT), sender=sender
    )
    for contact in range(6):
        Delivery.objects.create(
            ledger_month=begun.ledger_month,
            campaign=begun,
            contact_id=contact,
            address=f"p{contact}@example.com",
            address_hash=bytes([contact]) * 32,
            variant=variant.number if contact else 0,
        )
    assert bulk_fault([sender], 5) == ""
    assert bulk_fault([sender], 6) != ""
