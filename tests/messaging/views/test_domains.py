"""The pages of senders' domains: records ready to copy, looked at on demand, changed by who may."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from messaging.domains import lookup
from messaging.models import ProviderAccount, SenderDomain
from messaging.services import sender_domains
from tests.messaging.domains import arrives, make_domain, prove, zone_of
from tests.messaging.people import make_account, make_sender
from tests.support.dns_server import DnsServer

pytestmark = pytest.mark.django_db
LIST, NEW = reverse("messaging:domains"), reverse("messaging:domain_new")


@pytest.fixture
def dns_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[DnsServer]:
    with DnsServer() as server:
        found = lookup.Lookup(server.resolver())
        monkeypatch.setattr(sender_domains, "system_lookup", lambda: found)
        monkeypatch.setattr(sender_domains, "_arrival", arrives)
        yield server


def page(domain: SenderDomain, name: str = "domain", **more: str) -> str:
    return reverse(f"messaging:{name}", kwargs={"pk": domain.pk, **more})


def test_a_new_domain_shows_what_to_publish(administrator: Client) -> None:
    answer = administrator.post(NEW, {"name": "example.org"}, follow=True)
    shown = answer.content.decode()
    domain = SenderDomain.objects.get()
    for key in domain.keys.all():
        assert f'data-copy="{key.host}"' in shown
        assert key.public_record in shown
    assert 'data-copy="_dmarc.example.org"' in shown
    assert "PRIVATE" not in shown


def test_a_name_that_is_no_domain_is_said(administrator: Client) -> None:
    answer = administrator.post(NEW, {"name": "not one"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["name"])


def test_checking_shows_each_state(administrator: Client, dns_server: DnsServer) -> None:
    domain = make_domain()
    dns_server.zone = zone_of(domain) | {("example.org", "TXT"): ["v=spf1 -all", "v=spf1 mx -all"]}
    shown = administrator.post(page(domain, "domain_check")).content.decode()
    assert shown.count("badge-ok") == 3
    assert shown.count("badge-bad") == 1
    assert "v=spf1 mx -all" in shown
    dns_server.silent = True
    shown = administrator.post(page(domain, "domain_check")).content.decode()
    assert "badge-ok" not in shown


def test_hosts_are_changed_and_faults_said_beside_them(administrator: Client) -> None:
    domain = make_domain()
    address = page(domain, "domain_edit")
    answer = administrator.post(address, {"tracking_host": "links.example.com", "return_path_type": "mx"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["tracking_host"])
    sent = {"tracking_host": "links.example.org", "return_path_type": "mx", "relay_selectors": "s1, s2"}
    assert administrator.post(address, sent).status_code == 302
    domain.refresh_from_db()
    assert (domain.tracking_host, domain.relay_selectors) == ("links.example.org", ["s1", "s2"])


def test_keys_are_changed_from_the_page(administrator: Client) -> None:
    domain = prove(make_domain())
    administrator.post(page(domain, "domain_act", act="rotate"))
    shown = administrator.get(page(domain)).content.decode()
    assert "crm2e._domainkey.example.org" in shown
    assert "retire-dialog" not in shown
    prove(domain)
    assert "retire-dialog" in administrator.get(page(domain)).content.decode()
    administrator.post(page(domain, "domain_act", act="retire"))
    assert "crm1._domainkey" not in administrator.get(page(domain)).content.decode()


def test_the_page_says_where_returns_come_to(administrator: Client) -> None:
    domain = make_domain(return_path_host="returns.example.org", return_path_target="mx.example.net")
    sender = make_sender(make_account(), proven=False)
    ProviderAccount.objects.update(return_domain="returns.example.com")
    shown = administrator.get(page(domain)).content.decode()
    assert "Returns come to returns.example.com" in shown
    assert "They come to returns.example.org as soon as its records are found right." in shown
    prove(domain)
    shown = administrator.get(page(domain)).content.decode()
    assert "Returns come to returns.example.org, a host of the sender’s domain" in shown
    assert str(sender.provider_account) in shown


def test_officer_reads_and_changes_nothing(officer: Client) -> None:
    domain = make_domain()
    shown = officer.get(page(domain)).content.decode()
    assert "crm1._domainkey.example.org" in shown
    assert page(domain, "domain_check") not in shown
    for address in (NEW, page(domain, "domain_edit"), page(domain, "domain_check")):
        assert officer.post(address, {}).status_code == 403


def test_list_costs_the_same_queries_with_one_and_with_three(administrator: Client) -> None:
    prove(make_domain())
    administrator.get(LIST)
    with CaptureQueriesContext(connection) as one:
        assert "badge-ok" in administrator.get(LIST).content.decode()
    make_domain("example.com")
    prove(make_domain("example.net"))
    with CaptureQueriesContext(connection) as three:
        administrator.get(LIST)
    assert len(one) == len(three)
