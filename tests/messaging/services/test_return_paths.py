"""Where returns by SMTP come to: the sender's domain once it is proven, else the way out, else the sender."""

from __future__ import annotations

import pytest
from django.utils import timezone
from django.utils.translation import override

from messaging.models import DomainRecord, Mailbox, ProviderAccount, SenderDomain, SenderIdentity, SenderRoute
from messaging.models.domain_record import Purpose, RecordState
from messaging.services.return_paths import (
    Origin,
    ReturnsTo,
    WayBack,
    receivers,
    returns_to,
    senders_of,
    ways_back,
    words_of,
)
from tests.messaging.domains import make_domain, prove
from tests.messaging.people import make_account, make_sender

pytestmark = pytest.mark.django_db
HOST = "returns.example.org"


def with_host(**fields: object) -> SenderDomain:
    return make_domain(
        return_path_host=HOST,
        return_path_target="mx.example.net",
        **{"spf_terms": "ip4:192.0.2.1"} | fields,
    )


def sender_by(account: ProviderAccount | None = None) -> SenderIdentity:
    return make_sender(account or make_account(), proven=False)


def found(sender: SenderIdentity, account: ProviderAccount | None = None) -> ReturnsTo:
    domain = SenderDomain.objects.all().of(sender.domain)
    return returns_to(account or sender.provider_account, domain)


def back_of(sender: SenderIdentity) -> WayBack:
    (found,) = ways_back([sender])
    return found


def said(sender: SenderIdentity) -> str:
    with override("en"):
        return words_of(back_of(sender))


def test_a_proven_host_of_the_senders_domain_comes_before_that_of_the_way_out() -> None:
    sender = sender_by()
    account = sender.provider_account
    assert found(sender) == (Origin.SENDER, "")
    account.return_domain = "returns.example.com"
    assert found(sender) == (Origin.ACCOUNT, "returns.example.com")
    prove(with_host())
    assert found(sender) == (Origin.DOMAIN, HOST)


@pytest.mark.parametrize("purpose", [Purpose.RETURN_PATH, Purpose.RETURN_SPF])
def test_a_host_of_which_one_record_is_not_right_is_not_used(purpose: Purpose) -> None:
    sender = sender_by()
    prove(with_host())
    DomainRecord.objects.filter(purpose=purpose).update(state=RecordState.WRONG, last_right_at=timezone.now())
    assert found(sender).origin is Origin.SENDER


def test_a_host_whose_record_does_not_allow_this_server_is_not_used_for_it() -> None:
    sender = sender_by()
    prove(with_host(spf_terms=""))
    assert found(sender).origin is Origin.DOMAIN
    other = make_account(host="smtp.example.net")
    assert found(sender, other).origin is Origin.SENDER


def test_a_former_server_for_returns_proves_nothing_of_the_new_one() -> None:
    sender, domain = sender_by(), prove(with_host())
    SenderDomain.objects.filter(pk=domain.pk).update(return_path_target="mx2.example.net")
    assert found(sender).origin is Origin.SENDER


def test_a_providers_own_host_takes_no_returns_of_ours() -> None:
    sender = sender_by()
    prove(with_host(return_path_type="cname"))
    assert found(sender).origin is Origin.SENDER
    assert receivers() == {}


def test_returns_are_taken_at_every_host_in_use_whether_it_is_proven_or_not() -> None:
    account = make_account()
    ProviderAccount.objects.filter(pk=account.pk).update(return_domain="returns.example.com")
    first, second = sender_by(make_account()), sender_by(make_account())
    with_host()
    SenderIdentity.objects.filter(pk=first.pk).update(is_active=False)
    assert receivers() == {"returns.example.com": account.pk, HOST: second.provider_account_id}


def test_senders_belong_to_the_nearest_domain() -> None:
    sender = sender_by()
    lyon = sender_by()
    SenderIdentity.objects.filter(pk=lyon.pk).update(address="news@lyon.example.org")
    SenderIdentity.objects.filter(pk=sender_by().pk).update(address="news@notexample.org")
    domain = make_domain()
    assert senders_of(domain) == [sender, lyon]
    below = make_domain("lyon.example.org")
    assert (senders_of(domain), senders_of(below)) == ([sender], [lyon])


def test_every_way_by_smtp_is_told_and_no_other() -> None:
    sender = sender_by()
    SenderRoute.objects.create(sender=sender, provider_account=make_account(), weight=0)
    api = make_account()
    ProviderAccount.objects.filter(pk=api.pk).update(kind="brevo")
    SenderRoute.objects.create(sender=sender, provider_account=api)
    assert len(ways_back([sender, sender])) == 2


def test_it_is_said_where_returns_come_to_and_what_spf_says_there() -> None:
    sender = sender_by()
    account = sender.provider_account
    Mailbox.objects.create(account=account, purpose="returns", host="127.0.0.1", username="returns")
    assert said(sender).startswith("Returns come to the sender’s address")
    account.return_domain = "returns.example.com"
    assert "SPF speaks for another domain than “example.org”" in said(sender)
    assert not back_of(sender).agrees
    account.return_domain = "bounces.example.org"
    assert "SPF agrees with the sender" in said(sender)
    assert back_of(sender).agrees
    domain = with_host()
    assert f"They come to {HOST} as soon as its records are found right." in said(sender)
    prove(domain)
    assert said(sender) == f"Returns come to {HOST}, a host of the sender’s domain: SPF agrees with it."
    Mailbox.objects.update(is_active=False)
    assert "Nobody reads them" in said(sender)
