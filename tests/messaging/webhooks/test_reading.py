"""From a body to the ledger, the addresses and the mailing: every provider, any order, once."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from campaign_crm.platform.models import AuditEntry
from contacts.merging.redirects import present_id
from contacts.models import Consent, EmailAddress, Suppression
from messaging.dispatch import outcomes
from messaging.dispatch.counting import keep_counts
from messaging.dispatch.ledger import Claim, Key, Ledger
from messaging.dispatch.outcomes import Settled
from messaging.enums import DeliveryState
from messaging.models import Campaign, Delivery, Feedback, ProviderAccount, ProviderEvent
from messaging.services.campaigns import resume
from messaging.webhooks import effects, reading
from tests.messaging.dispatch.conftest import books
from tests.messaging.people import make_account, make_officer, make_people
from tests.messaging.webhooks.conftest import (
    add_row,
    brevo_call,
    key,
    mailgun_call,
    mailjet_call,
    post,
    rows,
    sendgrid_call,
    sns_call,
    states,
)
from tracking.models import CampaignCounter, Interaction

pytestmark = pytest.mark.django_db(transaction=True)
Hook = Callable[[str], ProviderAccount]
Mailing = Callable[..., Campaign]
NUMBERS = itertools.count()
UNKNOWN_USER = "550 5.1.1 <person1@example.com>: user unknown"


def sendgrid(row: Delivery, event: str, **fields: Any) -> Any:
    number = next(NUMBERS)
    return sendgrid_call(
        {
            "event": event,
            "email": row.address,
            "mid": key(row),
            "timestamp": 1767225600 + number,
            "sg_event_id": f"event-{number}",
            "sg_message_id": "abc.recvd-1",
            **fields,
        }
    )


def mailgun(row: Delivery, event: str, **fields: Any) -> Any:
    number = next(NUMBERS)
    report = {
        "event": event,
        "id": f"id-{number}",
        "timestamp": 1767225600.5 + number,
        "recipient": row.address,
        "user-variables": {"mid": key(row)},
        "message": {"headers": {"message-id": "abc@mailgun"}},
    }
    return mailgun_call(report | fields, once=f"token-{number}")


def brevo(row: Delivery, event: str, **fields: Any) -> Any:
    number = next(NUMBERS)
    report = {
        "event": event,
        "email": row.address,
        "id": 7,
        "ts_epoch": (1767225600 + number) * 1000,
        "message-id": "<abc@smtp-relay.mailin.fr>",
        "X-Mailin-custom": key(row),
    }
    return brevo_call(report | fields)


def mailjet(row: Delivery, event: str, **fields: Any) -> Any:
    report = {
        "event": event,
        "time": 1767225600 + next(NUMBERS),
        "MessageID": 42,
        "email": row.address,
        "CustomID": key(row),
    }
    return mailjet_call(report | fields)


def bounced(said: str, address: str = "x@example.com") -> dict[str, str]:
    return {"emailAddress": address, "diagnosticCode": f"smtp; {said}"}


def ses(row: Delivery, event: str, **detail: Any) -> Any:
    at = f"2026-11-26T12:00:{next(NUMBERS) % 60:02}.000Z"
    name = {"Bounce": "bounce", "Complaint": "complaint", "Delivery": "delivery"}.get(event, event.lower())
    recipients = {
        "bounce": {
            "bouncedRecipients": [{"emailAddress": row.address, "diagnosticCode": "smtp; 550 5.1.1 x"}]
        },
        "complaint": {"complainedRecipients": [{"emailAddress": row.address}]},
    }.get(name, {"recipients": [row.address]})
    mail = {"messageId": "ses-1", "destination": [row.address], "tags": {"mid": [key(row)]}, "timestamp": at}
    return sns_call({"eventType": event, "mail": mail, name: {"timestamp": at, **recipients, **detail}})


PROVIDERS = {"sendgrid": sendgrid, "mailgun": mailgun, "brevo": brevo, "mailjet": mailjet, "ses": ses}
DELIVERED = {
    "sendgrid": "delivered", "mailgun": "delivered", "brevo": "delivered",
    "mailjet": "sent", "ses": "Delivery",
}  # fmt: skip
COMPLAINED = {
    "sendgrid": "spamreport", "mailgun": "complained", "brevo": "spam", "mailjet": "spam", "ses": "Complaint",
}  # fmt: skip
HARD = {
    "sendgrid": ("bounce", {"type": "bounce", "status": "5.1.1", "reason": UNKNOWN_USER}),
    "mailgun": (
        "failed",
        {
            "severity": "permanent",
            "reason": "bounce",
            "delivery-status": {"code": 550, "message": UNKNOWN_USER},
        },
    ),
    "brevo": ("hard_bounce", {"reason": UNKNOWN_USER}),
    "mailjet": ("bounce", {"hard_bounce": True, "error_related_to": "recipient", "error": "user unknown"}),
    "ses": ("Bounce", {"bounceType": "Permanent", "bounceSubType": "General"}),
}
SOFT = {
    "sendgrid": ("bounce", {"type": "blocked", "reason": "552 5.2.2 Mailbox full"}),
    "mailgun": ("failed", {"severity": "permanent", "delivery-status": {"message": "552 5.2.2 full"}}),
    "brevo": ("soft_bounce", {"reason": "552 5.2.2 Mailbox full"}),
    "mailjet": ("bounce", {"hard_bounce": False, "error_related_to": "recipient", "error": "quota exceeded"}),
    "ses": (
        "Bounce",
        {"bounceType": "Transient", "bounceSubType": "MailboxFull",
         "bouncedRecipients": [bounced("552 5.2.2 full")]},
    ),
}  # fmt: skip
POLICY = {
    "sendgrid": ("bounce", {"type": "blocked", "reason": "550 5.7.1 blocked by policy"}),
    "mailgun": ("failed", {"severity": "permanent", "reason": "espblock"}),
    "brevo": ("hard_bounce", {"reason": "550 5.7.1 rejected by policy"}),
    "mailjet": ("bounce", {"hard_bounce": True, "error_related_to": "spam", "error": "sender blocked"}),
    "ses": (
        "Bounce",
        {"bounceType": "Permanent", "bounceSubType": "General",
         "bouncedRecipients": [bounced("550 5.7.1 policy")]},
    ),
}  # fmt: skip


@pytest.fixture
def tell(client: Client, sns: list[str]) -> Callable[..., None]:
    """Make calls as a provider would, then read them."""

    def told(account: ProviderAccount, *calls: Any) -> None:
        for call in calls:
            assert post(client, account, call) == 200
        reading.read_events()

    return told


@pytest.mark.parametrize("provider", PROVIDERS)
def test_delivered_settles_what_was_uncertain_or_on_its_way(
    provider: str, hook: Hook, mailing: Mailing, tell: Any
) -> None:
    campaign, account = mailing("unknown", "handed", "accepted", "delivered"), hook(provider)
    tell(account, *[PROVIDERS[provider](row, DELIVERED[provider]) for row in rows(campaign)])
    assert states(campaign) == ["delivered"] * 4
    assert books(campaign) == {"delivered": 4}
    assert [row.lease_until for row in rows(campaign)] == [None] * 4
    assert not ProviderEvent.objects.exclude(state="done").exists()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_address_that_does_not_exist_is_stopped(
    provider: str, hook: Hook, mailing: Mailing, tell: Any
) -> None:
    campaign, account = mailing("accepted", "accepted"), hook(provider)
    row, other = rows(campaign)
    event, fields = HARD[provider]
    tell(account, PROVIDERS[provider](row, event, **fields))
    assert states(campaign) == ["bounced", "accepted"]
    stopped = Suppression.objects.get()
    assert bytes(stopped.address_hash) == bytes(row.address_hash)
    assert (stopped.scope, stopped.reason) == ("everything", "hard_bounce")
    assert EmailAddress.objects.get(contact_id=row.contact_id).status == "bounced"
    assert EmailAddress.objects.get(contact_id=other.contact_id).status == "active"
    assert AuditEntry.objects.filter(action="suppression.add").count() == 1
    assert Feedback.objects.get().kind == "hard"
    assert "@" not in rows(campaign)[0].answer


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(("told", "kind"), [(SOFT, "soft"), (POLICY, "policy")])
def test_a_full_mailbox_or_a_refusal_of_ours_stops_nobody(
    told: Any, kind: str, provider: str, hook: Hook, mailing: Mailing, tell: Any
) -> None:
    campaign, account = mailing("accepted"), hook(provider)
    event, fields = told[provider]
    tell(account, PROVIDERS[provider](rows(campaign)[0], event, **fields))
    assert states(campaign) == ["bounced"]
    assert Feedback.objects.get().kind == kind
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_who_reports_spam_is_not_written_to_again(
    provider: str, hook: Hook, mailing: Mailing, tell: Any
) -> None:
    campaign, account = mailing("delivered"), hook(provider)
    tell(account, PROVIDERS[provider](rows(campaign)[0], COMPLAINED[provider]))
    assert states(campaign) == ["complained"]
    stopped = Suppression.objects.get()
    assert (stopped.scope, stopped.reason) == ("everything", "complaint")


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["processed", "deferred", "delivered", "bounce"]))
)
@pytest.mark.parametrize("together", [True, False])
def test_any_order_ends_in_the_same_state(
    order: tuple[str, ...], together: bool, hook: Hook, mailing: Mailing, tell: Any
) -> None:
    campaign, account = mailing("unknown"), hook("sendgrid")
    (row,) = rows(campaign)
    calls = [
        sendgrid(row, event, **({"type": "bounce", "status": "5.2.2"} if event == "bounce" else {}))
        for event in order
    ]
    if together:
        tell(account, *calls)
    else:
        for call in calls:
            tell(account, call)
    (row,) = rows(campaign)
    assert (row.state, row.answer) == ("bounced", "5.2.2")
    assert books(campaign) == {"bounced": 1}


def test_replays_change_nothing_also_after_the_person_confirmed_their_address(
    hook: Hook, mailing: Mailing, tell: Any
) -> None:
    campaign, account = mailing("accepted"), hook("sendgrid")
    event, fields = HARD["sendgrid"]
    call = sendgrid(rows(campaign)[0], event, **fields)
    tell(account, call)
    Suppression.objects.update(lifted_at=timezone.now())
    EmailAddress.objects.update(status="active")
    ProviderEvent.objects.all().delete()
    tell(account, call)
    assert Feedback.objects.count() == 1
    assert not Suppression.objects.in_force().exists()
    assert EmailAddress.objects.get().status == "active"


def test_a_late_answer_takes_back_nothing_that_an_event_settled(
    hook: Hook, mailing: Mailing, tell: Any
) -> None:
    """The provider's call timed out, or was refused, after it had taken the message."""
    campaign, account = mailing("handed"), hook("sendgrid")
    (row,) = rows(campaign)
    tell(account, sendgrid(row, "processed"))
    late = Settled(Key(row.contact_id, ""), DeliveryState.RETRY_WAIT, 1, delay=60.0)
    claim = Claim(Ledger(campaign.ledger_month, campaign.pk), row.token, [])
    assert outcomes.record(claim, [late]) == 0
    assert states(campaign) == ["accepted"]


def test_rows_that_wait_or_have_ended_otherwise_stay(hook: Hook, mailing: Mailing, tell: Any) -> None:
    before = ["queued", "claimed", "retry_wait", "failed", "suppressed", "cancelled", "expired", "abandoned"]
    campaign, account = mailing(*before), hook("sendgrid")
    tell(account, *[sendgrid(row, "delivered") for row in rows(campaign)])
    assert states(campaign) == before


def test_an_opened_message_has_arrived_whoever_opened_it(hook: Hook, mailing: Mailing, tell: Any) -> None:
    campaign, account = mailing("unknown", "accepted"), hook("sendgrid")
    first, second = rows(campaign)
    tell(account, sendgrid(first, "open", sg_machine_open=True), sendgrid(second, "click", url="https://a.b"))
    assert states(campaign) == ["delivered", "delivered"]
    assert not Interaction.objects.exists(), "our own pixel and links count, not the provider's"


def test_who_leaves_at_the_provider_has_left(hook: Hook, mailing: Mailing, tell: Any) -> None:
    campaign, account = mailing("delivered"), hook("brevo")
    (row,) = rows(campaign)
    call = brevo(row, "unsubscribed")
    tell(account, call, call)
    stopped = Suppression.objects.get()
    assert (stopped.scope, stopped.reason, stopped.detail) == (
        "political", "unsubscribe", {"campaign": campaign.pk},
    )  # fmt: skip
    assert not Consent.objects.get().given
    assert [one.kind for one in Interaction.objects.all()] == ["unsubscribe"]
    assert CampaignCounter.objects.get().metric == "unsubscribes"


def test_an_occasion_is_told_from_another_of_the_same_person(hook: Hook, mailing: Mailing, tell: Any) -> None:
    campaign, account = mailing("accepted"), hook("sendgrid")
    person = rows(campaign)[0].contact_id
    add_row(campaign, person, "accepted", occasion="rsvp-1")
    by_occasion = {row.occasion: row for row in rows(campaign)}
    tell(account, sendgrid(by_occasion["rsvp-1"], "delivered"))
    assert {row.occasion: row.state for row in rows(campaign)} == {"": "accepted", "rsvp-1": "delivered"}


def test_a_row_is_found_under_the_number_of_a_merged_record(hook: Hook, mailing: Mailing, tell: Any) -> None:
    from contacts.models import Merge

    campaign, account = mailing("accepted"), hook("sendgrid")
    (row,) = rows(campaign)
    (absorbed,) = make_people(1, start=50)
    Merge.objects.create(kept_id=row.contact_id, absorbed_id=absorbed.pk, snapshot={"rows": {}})
    assert present_id(absorbed.pk) == row.contact_id
    told = Delivery(
        ledger_month=row.ledger_month, campaign_id=campaign.pk, contact_id=absorbed.pk, address=row.address
    )
    tell(account, sendgrid(told, "delivered"))
    assert states(campaign) == ["delivered"]


def test_keys_that_are_not_ours_and_events_without_one_are_passed_over(
    hook: Hook, mailing: Mailing, tell: Any
) -> None:
    campaign, account = mailing("accepted"), hook("sendgrid")
    (row,) = rows(campaign)
    hard = {"type": "bounce", "status": "5.1.1"}
    tell(
        account,
        sendgrid(row, "bounce", **hard | {"mid": "a" * 61}),
        sendgrid(row, "bounce", **hard | {"mid": ""}),
        sendgrid(row, "nothing known"),
        sendgrid_call("text", 7, {"event": ["x"]}, {"event": "bounce", "timestamp": "never", "email": {}}),
    )
    assert states(campaign) == ["accepted"]
    assert not Suppression.objects.exists()
    assert ProviderEvent.objects.filter(state="done").count() == 4


def test_a_body_that_cannot_be_read_says_so_and_holds_up_nobody(
    hook: Hook, mailing: Mailing, tell: Any
) -> None:
    campaign, account = mailing("accepted"), hook("brevo")
    bad = (b"\x00\xff not json", {"Authorization": "Bearer long token"})
    tell(account, bad, brevo(rows(campaign)[0], "delivered"))
    assert states(campaign) == ["delivered"]
    unreadable = ProviderEvent.objects.get(state="unreadable")
    assert unreadable.error == "The call holds no report that can be read"
    assert bytes(unreadable.body) == bad[0], "somebody looks at it"
    assert bytes(ProviderEvent.objects.get(state="done").body) == b"", "it holds an address"


def test_kept_counts_of_an_ended_mailing_follow(hook: Hook, mailing: Mailing, tell: Any) -> None:
    campaign, account = mailing("accepted", "accepted", "unknown"), hook("sendgrid")
    Campaign.objects.update(state="sent")
    keep_counts([campaign.pk])
    first, _second, third = rows(campaign)
    tell(account, sendgrid(first, "delivered"), sendgrid(third, "bounce", status="5.2.2"))
    campaign.refresh_from_db()
    assert campaign.state_counts == {"accepted": 1, "delivered": 1, "bounced": 1} == books(campaign)


def test_many_refusals_of_ours_pause_the_mailing_and_few_do_not(
    hook: Hook, mailing: Mailing, tell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects, "POLICY_BLOCKS", 3)
    campaign, account = mailing(*["accepted"] * 4), hook("sendgrid")
    event, fields = POLICY["sendgrid"]
    blocked = [sendgrid(row, event, **fields) for row in rows(campaign)]
    tell(account, *blocked[:2])
    campaign.refresh_from_db()
    assert campaign.state == "sending"
    tell(account, *blocked[2:])
    campaign.refresh_from_db()
    assert campaign.state == "paused"
    assert "5.7.1" in campaign.pause_reason
    assert not Suppression.objects.exists()


def test_refusals_by_a_way_out_that_never_tells_what_arrived_are_weighed_too(
    hook: Hook, mailing: Mailing, tell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects, "POLICY_BLOCKS", 3)
    monkeypatch.setattr(effects, "POLICY_SHARE", 0.5)
    campaign, account = mailing(*["accepted"] * 8), hook("sendgrid")
    silent = make_account()
    Delivery.objects.update(provider_account=silent)
    event, fields = POLICY["sendgrid"]
    blocked = [sendgrid(row, event, **fields) for row in rows(campaign)]
    tell(account, *blocked[:3])
    campaign.refresh_from_db()
    assert campaign.state == "sending"  # three of eight
    Delivery.objects.update(provider_account=account)
    tell(account, blocked[3])
    campaign.refresh_from_db()
    assert campaign.state == "paused"  # four of four whose end is known


def test_what_came_back_before_somebody_let_it_go_on_pauses_it_no_more(
    hook: Hook, mailing: Mailing, tell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects, "POLICY_BLOCKS", 3)
    campaign, account = mailing(*["accepted"] * 8), hook("sendgrid")
    event, fields = POLICY["sendgrid"]
    old, new = rows(campaign)[:4], rows(campaign)[4:]
    tell(account, *(sendgrid(row, event, **fields) for row in old))
    campaign.refresh_from_db()
    assert campaign.state == "paused"
    resume(campaign=campaign, by=make_officer())
    later = int(timezone.now().timestamp()) + 60
    told = [sendgrid(row, event, **fields | {"timestamp": later}) for row in new]
    tell(account, *told[:2])
    campaign.refresh_from_db()
    assert campaign.state == "sending"
    tell(account, told[2])
    campaign.refresh_from_db()
    assert campaign.state == "paused"


def test_a_large_call_takes_a_few_statements(
    hook: Hook, mailing: Mailing, client: Client, django_assert_max_num_queries: Any
) -> None:
    campaign, account = mailing(*["unknown"] * 300), hook("sendgrid")
    reports = [
        json.loads(sendgrid(row, "bounce", type="bounce", status="5.1.1")[0])[0] for row in rows(campaign)
    ]
    assert post(client, account, sendgrid_call(*reports)) == 200
    with django_assert_max_num_queries(40):
        reading.read_events()
    assert books(campaign) == {"bounced": 300}
    assert Suppression.objects.count() == 300


def test_old_bodies_go(hook: Hook, client: Client) -> None:
    account = hook("brevo")
    assert post(client, account, brevo_call({"event": "request"})) == 200
    assert reading.purge() == 0
    ProviderEvent.objects.update(received_at=timezone.now() - reading.KEPT)
    assert reading.purge() == 0, "nobody has read it yet"
    assert (reading.read_events(), reading.purge()) == (1, 1)


def test_one_of_thousands_of_confirmations_to_strangers_is_found(
    hook: Hook, mailing: Mailing, tell: Any
) -> None:
    account, campaign = hook("sendgrid"), mailing(standing_for="confirmation:fr:1", kind="service")
    for occasion in ("zz-last", "zz-other"):
        add_row(campaign, 0, "unknown", occasion=occasion)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_delivery (ledger_month, campaign_id, contact_id, occasion, state, address,"
            " address_hash) SELECT ledger_month, campaign_id, 0, 'a-' || number, 'accepted', address,"
            " address_hash FROM messaging_delivery, generate_series(1, 1200) number"
            " WHERE campaign_id = %s AND occasion = 'zz-last'",
            [campaign.pk],
        )
    by_occasion = {row.occasion: row for row in rows(campaign)}
    tell(account, sendgrid(by_occasion["zz-last"], "bounce", type="bounce", reason=UNKNOWN_USER))
    moved = {row.occasion: row.state for row in rows(campaign) if row.state != "accepted"}
    assert moved == {"zz-last": "bounced", "zz-other": "unknown"}
