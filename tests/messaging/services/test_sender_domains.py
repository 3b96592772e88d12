"""Domains of senders: keys that are rotated, records that are looked at by a real DNS server on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import dns.resolver
import pytest
from django.utils import timezone
from django.utils.translation import override

from campaign_crm.platform.crypto import unseal
from campaign_crm.platform.models import AuditEntry, Notification, User
from campaign_crm.platform.rights import Role
from messaging.content.dkim import public_record
from messaging.domains.advice import advice_on
from messaging.domains.arrival import Arrival
from messaging.domains.lookup import Lookup
from messaging.errors import NotAllowed, WrongState
from messaging.models import DomainRecord, SenderDomain
from messaging.models.domain_record import STILL_PROVEN, Fault, Purpose
from messaging.services import sender_domains as services
from messaging.services.domain_fields import DomainInvalid
from tests.messaging.domains import arrives, make_domain, prove, zone_of
from tests.messaging.people import make_account, make_officer, make_sender
from tests.support.dns_server import BROKEN, SILENT, DnsServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def dns_server() -> Iterator[DnsServer]:
    with DnsServer() as server:
        yield server


def check(domain: SenderDomain, server: DnsServer, look: object = arrives) -> dict[str, str]:
    """State by purpose, the worst of several."""
    shown = services.check_domain(
        domain=domain,
        by=None,
        lookup=Lookup(server.resolver()),
        look=look,  # type: ignore[arg-type]
    )
    return {one.wanted.purpose.value: str(one.state) for one in shown}


def full_domain() -> SenderDomain:
    make_sender(make_account(host="smtp-relay.brevo.com"))
    domain = make_domain(
        tracking_host="links.example.org",
        return_path_host="returns.example.org",
        return_path_target="mx.example.net",
    )
    return domain


def test_a_new_domain_has_an_rsa_and_an_ed25519_key_sealed() -> None:
    domain = services.create_domain(by=make_officer(), name=" Élus.Example.ORG. ")
    assert domain.name == "xn--lus-9la.example.org"
    keys = list(domain.keys.all())
    assert [(key.algorithm, key.selector) for key in keys] == [("rsa", "crm1"), ("ed25519", "crm1e")]
    for key in keys:
        pem = unseal(key.sealed_private_key)["pem"]
        assert "PRIVATE" not in key.sealed_private_key
        assert public_record(pem.encode()) == key.public_record
        assert "PRIVATE" not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": "not a domain"}, "name"),
        ({"name": "example.org", "tracking_host": "links.example.com"}, "tracking_host"),
        ({"name": "example.org", "tracking_host": "example.org"}, "tracking_host"),
        ({"name": "example.org", "return_path_host": "r.example.org"}, "return_path_target"),
        ({"name": "example.org", "spf_terms": "include:a.example -all;"}, "spf_terms"),
        ({"name": "example.org", "relay_selectors": ["a b"]}, "relay_selectors"),
    ],
)
def test_what_cannot_be_is_said_by_field(fields: dict[str, object], wrong: str) -> None:
    with pytest.raises(DomainInvalid) as refused:
        services.create_domain(by=None, **fields)  # type: ignore[arg-type]
    assert list(refused.value.problems) == [wrong]
    assert not SenderDomain.objects.exists()


def test_only_who_manages_settings_changes_domains() -> None:
    officer = User.objects.create_user(email="o@example.org", role=Role.DIRECTOR, language="en")
    domain = make_domain()
    for act in (services.rotate_keys, services.retire_keys, services.check_domain):
        with pytest.raises(NotAllowed):
            act(domain=domain, by=officer)
    with pytest.raises(NotAllowed):
        services.create_domain(by=officer, name="example.net")


def test_everything_published_is_right(dns_server: DnsServer) -> None:
    domain = full_domain()
    dns_server.zone = zone_of(domain) | {("spf.brevo.com", "TXT"): ["v=spf1 ip4:192.0.2.0/24 -all"]}
    assert check(domain, dns_server) == dict.fromkeys(
        ["dkim", "spf", "dmarc", "return_path", "return_spf", "tracking"], "right"
    )
    assert services.newest_published(domain) == 1


def test_nothing_published_is_missing(dns_server: DnsServer) -> None:
    domain = full_domain()
    assert set(check(domain, dns_server).values()) == {"missing"}
    record = DomainRecord.objects.get(purpose=Purpose.SPF)
    wanted = next(one for one in services.wanted_of(domain) if one.purpose == Purpose.SPF)
    with override("en"):
        assert "add this record" in advice_on(wanted, record)


@pytest.mark.parametrize("answer", [SILENT, BROKEN])
def test_no_answer_is_not_checked_and_never_green(dns_server: DnsServer, answer: str) -> None:
    domain = full_domain()
    dns_server.zone = {key: [answer] for key in zone_of(domain)} | {
        ("_dmarc.example.org", "TXT"): [answer],
        ("links.example.org", "CNAME"): [answer],
    }
    assert set(check(domain, dns_server).values()) == {"not_checked"}
    assert services.newest_published(domain) is None


def test_a_machine_without_resolver_checks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_args: object, **_more: object) -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver, "Resolver", none)
    shown = services.check_domain(domain=make_domain(), by=make_officer())
    assert {str(one.state) for one in shown} == {"not_checked"}


@pytest.mark.parametrize(
    ("name", "kind", "values", "purpose", "fault"),
    [
        ("crm1._domainkey.example.org", "TXT", ["v=DKIM1; k=rsa; p=AAAA"], "dkim", Fault.OTHER_VALUE),
        ("crm1._domainkey.example.org", "TXT", ["v=DKIM1; p="], "dkim", Fault.REVOKED),
        ("crm1._domainkey.example.org", "TXT", ["p=AAAA", "p=BBBB"], "dkim", Fault.SEVERAL),
        ("example.org", "TXT", ["v=spf1 -all", "v=spf1 mx -all"], "spf", Fault.SEVERAL),
        ("example.org", "TXT", ["v=spf1 ip4:192.0.2.1 -all"], "spf", Fault.LACKS_TERMS),
        ("example.org", "TXT", ["v=spf1 ip4:nonsense -all"], "spf", Fault.SYNTAX),
        ("_dmarc.example.org", "TXT", ["v=DMARC1; p=perhaps"], "dmarc", Fault.SYNTAX),
        ("_dmarc.example.org", "TXT", ["v=DMARC1; p=none"] * 2, "dmarc", Fault.SEVERAL),
        ("returns.example.org", "MX", ["5 mx.other.example."], "return_path", Fault.OTHER_VALUE),
    ],
)
def test_a_wrong_record_says_what_was_found(
    dns_server: DnsServer, name: str, kind: str, values: list[str], purpose: str, fault: Fault
) -> None:
    domain = full_domain()
    dns_server.zone = zone_of(domain) | {(name, kind): values}
    if kind == "TXT" and len(set(values)) == 1 and len(values) > 1:  # one set holds a value once
        dns_server.zone[name, kind] = [values[0], f"{values[0]}; pct=100"]
    check(domain, dns_server)
    record = DomainRecord.objects.filter(purpose=purpose, name=name).get()
    assert (record.state, record.fault) == ("wrong", fault)
    assert record.found
    wanted = next(one for one in services.wanted_of(domain) if one.name == name and one.purpose == purpose)
    assert advice_on(wanted, record)


def test_spf_that_names_our_servers_through_another_record_is_right(dns_server: DnsServer) -> None:
    domain = full_domain()
    dns_server.zone = zone_of(domain) | {
        ("example.org", "TXT"): ["google-site-verification=1", "v=spf1 include:_spf.example.org ~all"],
        ("_spf.example.org", "TXT"): ["v=spf1 include:spf.brevo.com -all"],
        ("spf.brevo.com", "TXT"): ["v=spf1 ip4:192.0.2.0/24 -all"],
    }
    assert check(domain, dns_server)["spf"] == "right"


def test_dmarc_of_the_domain_above_counts(dns_server: DnsServer) -> None:
    domain = make_domain("news.example.org")
    dns_server.zone = {("_dmarc.example.org", "TXT"): ["v=DMARC1; p=quarantine"]}
    assert check(domain, dns_server)["dmarc"] == "right"


@pytest.mark.parametrize(
    ("arrival", "state"),
    [
        (Arrival(False, Fault.NO_CERTIFICATE, "self-signed"), "wrong"),
        (Arrival(False, Fault.ELSEWHERE), "wrong"),
        (Arrival(None), "not_checked"),
    ],
)
def test_a_host_for_links_must_lead_here(dns_server: DnsServer, arrival: Arrival, state: str) -> None:
    domain = full_domain()
    dns_server.zone = zone_of(domain)
    assert check(domain, dns_server, lambda _host: arrival)["tracking"] == state


def test_the_old_keys_stay_until_the_new_ones_are_published(dns_server: DnsServer) -> None:
    domain = make_domain()
    dns_server.zone = zone_of(domain)
    check(domain, dns_server)
    assert services.rotate_keys(domain=domain, by=make_officer()) == 2
    check(domain, dns_server)
    assert services.newest_published(domain) == 1
    with pytest.raises(WrongState):
        services.rotate_keys(domain=domain, by=make_officer())
    with pytest.raises(WrongState):
        services.retire_keys(domain=domain, by=make_officer())
    dns_server.zone = zone_of(domain)
    check(domain, dns_server)
    assert services.newest_published(domain) == 2
    assert services.retire_keys(domain=domain, by=make_officer()) == 2
    old = domain.keys.get(selector="crm1")
    assert (old.sealed_private_key, old.retired_at is not None) == ("", True)
    assert [one.wanted.name for one in services.shown_records(domain)][:2] == [
        "crm2._domainkey.example.org",
        "crm2e._domainkey.example.org",
    ]


def test_silence_keeps_what_was_right_for_some_days(dns_server: DnsServer) -> None:
    domain = make_domain()
    dns_server.zone = zone_of(domain)
    check(domain, dns_server)
    dns_server.silent = True
    assert set(check(domain, dns_server).values()) == {"not_checked"}
    assert services.newest_published(domain) == 1
    DomainRecord.objects.update(last_right_at=timezone.now() - STILL_PROVEN - timedelta(hours=1))
    assert services.newest_published(domain) is None


def test_a_value_that_changed_was_never_checked() -> None:
    domain = prove(full_domain())
    domain = services.update_domain(domain=domain, by=None, return_path_target="mx2.example.net")
    states = {one.wanted.purpose.value: str(one.state) for one in services.shown_records(domain)}
    assert (states["return_path"], states["dkim"]) == ("not_checked", "right")


def test_a_host_that_links_have_used_is_kept() -> None:
    domain = full_domain()
    services.update_domain(domain=domain, by=None, tracking_host="go.example.org")
    domain.refresh_from_db()
    assert (domain.tracking_host, domain.former_tracking_hosts) == ("go.example.org", ["links.example.org"])


def test_the_daily_look_tells_administrators_what_broke(dns_server: DnsServer) -> None:
    make_officer()
    domain = make_domain()
    dns_server.zone = zone_of(domain)
    lookup = Lookup(dns_server.resolver())
    assert services.check_all_domains(lookup=lookup, look=arrives) == 1
    assert not Notification.objects.exists()
    del dns_server.zone["crm1._domainkey.example.org", "TXT"]
    services.check_all_domains(lookup=lookup, look=arrives, patience=0)
    services.check_all_domains(lookup=lookup, look=arrives, patience=0)
    told = Notification.objects.get(kind="domain.broken")
    assert "crm1._domainkey.example.org" in told.message


def test_a_sender_below_a_domain_is_of_it() -> None:
    domain = make_domain()
    other = make_domain("news.example.org")
    find = SenderDomain.objects.all().of  # type: ignore[attr-defined]
    assert [find("example.org"), find("a.news.example.org"), find("example.com")] == [domain, other, None]


def test_a_key_of_the_other_kind_is_not_ours(dns_server: DnsServer) -> None:
    domain = full_domain()
    zone = zone_of(domain)
    key = ("crm1e._domainkey.example.org", "TXT")
    zone[key] = [zone[key][0].replace("k=ed25519; ", "")]
    dns_server.zone = zone
    check(domain, dns_server)
    record = DomainRecord.objects.get(name=key[0])
    assert (record.state, record.fault) == ("wrong", Fault.OTHER_VALUE)


def test_one_bad_answer_of_the_daily_look_is_asked_again_before_it_is_believed(
    dns_server: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_officer()
    domain = make_domain()
    dns_server.zone = zone_of(domain)
    lookup = Lookup(dns_server.resolver())
    services.check_all_domains(lookup=lookup, look=arrives)
    key = ("crm1._domainkey.example.org", "TXT")
    published = dns_server.zone.pop(key)
    waited: list[float] = []

    def come_back(seconds: float) -> None:
        waited.append(seconds)
        dns_server.zone[key] = published

    monkeypatch.setattr(services.time, "sleep", come_back)
    services.check_all_domains(lookup=lookup, look=arrives)
    assert waited == [services.LOOK_AGAIN_AFTER]
    assert services.newest_published(domain) == 1
    assert not Notification.objects.exists()
