"""Families of mailboxes: whose an address is, and the breaker that stops one of them alone."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django.utils.translation import override

from campaign_crm.platform.models import AuditEntry, Notification
from messaging.dispatch import breaker, families, lifecycle, watch
from messaging.dispatch.breaker import Tally, Trouble, judge
from messaging.dispatch.intervals import wilson_lower
from messaging.dispatch.pump import Pump
from messaging.domains.lookup import MailServer, NoAnswer
from messaging.models import Campaign, Delivery, FamilyPause, ReceivingDomain
from messaging.services.mailboxes import go_on_with_family
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import make_campaign, make_officer, make_people
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


class Records:
    """MX records as told here; a domain that is not there gives no answer."""

    def __init__(self, **servers: str) -> None:
        self.servers = {name.replace("_", "."): host for name, host in servers.items()}
        self.asked: list[str] = []

    def mail_servers(self, name: str) -> list[MailServer]:
        self.asked.append(name)
        if name not in self.servers:
            raise NoAnswer("Timeout")
        return [MailServer(10, self.servers[name])] if self.servers[name] else []


def test_known_domains_have_their_family_without_a_question() -> None:
    asked = [
        "gmail.com",
        "hotmail.fr",
        "wanadoo.fr",
        "free.fr",
        "neuf.fr",
        "laposte.net",
        "yahoo.fr",
        "else.fr",
    ]
    assert families.families_of(asked) == {
        "gmail.com": "gmail",
        "hotmail.fr": "outlook",
        "wanadoo.fr": "orange",
        "free.fr": "free",
        "neuf.fr": "sfr",
        "laposte.net": "laposte",
        "yahoo.fr": "yahoo",
        "else.fr": "else.fr",
    }
    assert families.domain_of("A@Gmail.COM") == "gmail.com"
    assert (families.label_of("laposte"), families.label_of("else.fr")) == ("La Poste", "else.fr")


def test_mx_records_say_whose_the_others_are_and_are_kept() -> None:
    records = Records(
        mairie_fr="aspmx.l.google.com",
        club_fr="club-fr.mail.protection.outlook.com",
        shop_fr="mx1.mail.ovh.net",
        dead_fr="",
    )
    domains = ["mairie.fr", "club.fr", "shop.fr", "dead.fr", "silent.fr"]
    assert families.learn(domains, records) == 4  # type: ignore[arg-type]
    assert families.families_of(domains) == {
        "mairie.fr": "gmail",
        "club.fr": "outlook",
        "shop.fr": "ovh.net",
        "dead.fr": "dead.fr",
        "silent.fr": "silent.fr",
    }
    assert families.unknown_domains([*domains, "gmail.com"]) == ["silent.fr"]
    ReceivingDomain.objects.update(looked_at=timezone.now() - timedelta(days=31))
    assert len(families.unknown_domains(domains)) == 5


def test_the_lower_bound_is_wilsons() -> None:
    assert wilson_lower(0, 0) == 0.0
    assert wilson_lower(10, 100) == pytest.approx(0.0552, abs=0.0001)
    assert wilson_lower(50, 1_000) == pytest.approx(0.0381, abs=0.0001)


def test_the_breaker_needs_enough_messages_and_a_sure_excess() -> None:
    assert judge(Tally(accepted=499, bounced=499)) is None
    assert judge(Tally(accepted=500, bounced=25)) is None  # 5 %, and it may be less
    assert judge(Tally(accepted=500, bounced=34)) is None  # 6.8 %, and it may be 4.9
    found = judge(Tally(accepted=500, bounced=35))
    assert found is not None
    assert (found.trouble, found.limit) == (Trouble.BOUNCED, 0.05)
    assert found.share > found.limit
    assert judge(Tally(accepted=1_000, refused=130)) is None
    assert judge(Tally(accepted=1_000, refused=150)).trouble is Trouble.REFUSED  # type: ignore[union-attr]
    assert judge(Tally(accepted=1_000, complained=6)) is None
    assert judge(Tally(accepted=1_000, complained=9)).trouble is Trouble.COMPLAINED  # type: ignore[union-attr]


def test_a_bound_at_the_limit_itself_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "wilson_lower", lambda hits, total: 0.05 if hits else 0.0)
    assert judge(Tally(accepted=500, bounced=1)) is None


@pytest.fixture
def troubled() -> Campaign:
    """600 of Gmail of which 60 came back, 20 that wait there, and 20 that wait elsewhere."""
    make_people(640)
    campaign = start(make_campaign())
    places = list(Delivery.objects.order_by("contact_id").values_list("contact_id", flat=True))
    rows = Delivery.objects.of_campaign(campaign)
    for contact in places[:620]:
        rows.filter(contact_id=contact).update(address=f"p{contact}@gmail.com")
    accepted = rows.filter(contact_id__in=places[:600])
    for state in ("claimed", "handed", "accepted"):
        lease = None if state == "accepted" else timezone.now() + timedelta(hours=1)
        accepted.update(state=state, lease_until=lease)
    accepted.filter(contact_id__in=places[:60]).update(state="bounced")
    return campaign


def hold_gmail(campaign: Campaign) -> FamilyPause:
    return FamilyPause.objects.create(
        campaign=campaign, family="gmail", domains=["gmail.com"], kind="bounced", share=0.1, limit=0.05
    )


def test_one_family_is_paused_and_the_others_go_on(troubled: Campaign, sink: SmtpSink, pump: Pump) -> None:
    account = troubled.sender.provider_account
    account.settings = account.settings | {"port": sink.port}
    account.save()
    watch.look_at(troubled)
    pause = FamilyPause.objects.get()
    assert (pause.family, pause.domains, pause.kind) == ("gmail", ["gmail.com"], "bounced")
    with override("en"):
        assert breaker.reason_of(pause) == "Gmail returns too many messages (surely over 5 %)"
    assert Notification.objects.get(kind="campaign.family_paused").user == troubled.created_by
    assert AuditEntry.objects.filter(action="campaign.pause_family").count() == 1

    pump.run(seconds=20)

    assert {row.recipient.rpartition("@")[2] for row in sink.received()} == {"example.com"}
    assert books(troubled) == {"accepted": 560, "bounced": 60, "queued": 20}
    assert lifecycle.finish() == 0
    watch.look_at(troubled)  # nothing is said twice
    assert (
        FamilyPause.objects.count() == Notification.objects.filter(kind="campaign.family_paused").count() == 1
    )

    go_on_with_family(pause=pause, by=make_officer())
    watch.look_at(troubled)  # what came back before no longer counts
    pump.run(seconds=20)

    assert books(troubled) == {"accepted": 580, "bounced": 60}
    assert FamilyPause.objects.filter(released_at=None).count() == 0
    assert lifecycle.finish() == 1


def test_the_gate_holds_what_a_worker_had_claimed_already(
    troubled: Campaign, pump: Pump, sink: SmtpSink
) -> None:
    account = troubled.sender.provider_account
    account.settings = account.settings | {"port": sink.port}
    account.save()
    hold_gmail(troubled)
    pump.run(seconds=20)
    assert {row.recipient.rpartition("@")[2] for row in sink.received()} == {"example.com"}
    assert books(troubled)["queued"] == 20


def test_a_held_family_still_ends_at_the_mailings_end(troubled: Campaign, pump: Pump, sink: SmtpSink) -> None:
    watch.look_at(troubled)
    Campaign.objects.update(send_until=timezone.now())
    troubled.refresh_from_db()
    watch.look_at(troubled)
    pump.run(seconds=20)
    assert books(troubled) == {"accepted": 540, "bounced": 60, "expired": 40}


def test_parked_rows_keep_their_own_hour(troubled: Campaign) -> None:
    before = dict(Delivery.objects.filter(state="queued").values_list("contact_id", "due_at"))
    hold_gmail(troubled)
    assert breaker.park(troubled) == 20
    assert breaker.park(troubled) == 0
    assert breaker.unpark(troubled) == 20
    assert dict(Delivery.objects.filter(state="queued").values_list("contact_id", "due_at")) == before


def test_a_family_released_during_a_watch_is_not_left_waiting(troubled: Campaign) -> None:
    pause = hold_gmail(troubled)
    breaker.park(troubled)
    with closing(connection.copy()) as watching, watching.cursor() as holder:
        holder.execute("BEGIN; SELECT FROM messaging_delivery WHERE address LIKE '%gmail.com' FOR UPDATE")
        go_on_with_family(pause=pause, by=make_officer())
        holder.execute("ROLLBACK")
    assert Delivery.objects.filter(due_at__gt=timezone.now() + timedelta(days=365)).count() == 20
    assert breaker.park(troubled) == 0  # of a pause that is no more
    watch.look_at(troubled)
    assert not Delivery.objects.filter(due_at__gt=timezone.now() + timedelta(days=365)).exists()


def test_domains_learnt_to_be_of_a_paused_family_wait_too(troubled: Campaign) -> None:
    hold_gmail(troubled)
    watch.look_at(troubled)
    families.learn(["example.com"], Records(example_com="aspmx.l.google.com"))  # type: ignore[arg-type]
    watch.look_at(troubled)
    assert FamilyPause.objects.get().domains == ["example.com", "gmail.com"]
    assert Delivery.objects.filter(due_at__gt=timezone.now() + timedelta(days=365)).count() == 40


def test_refusals_of_their_servers_count_and_our_own_faults_do_not(troubled: Campaign) -> None:
    rows = Delivery.objects.filter(state="queued", address__endswith="gmail.com")
    keys = list(rows.values_list("contact_id", flat=True))
    Delivery.objects.filter(contact_id__in=keys[:4]).update(
        state="claimed", lease_until=timezone.now(), attempts=1
    )
    told = {keys[0]: "550 5.7.1 blocked", keys[1]: "451 4.7.1 later", keys[2]: "550 no", keys[3]: ""}
    states = {keys[0]: "retry_wait", keys[1]: "retry_wait", keys[2]: "failed", keys[3]: "failed"}
    for key in keys[:4]:
        Delivery.objects.filter(contact_id=key).update(state="handed")
        Delivery.objects.filter(contact_id=key).update(
            state=states[key], answer=told[key], lease_until=None, attempts=0 if key == keys[3] else 1
        )
    assert watch.count(troubled).by_family()[0]["gmail"] == Tally(accepted=600, refused=2, bounced=60)
