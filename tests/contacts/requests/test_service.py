"""A request from its arrival to its answer: its clock, who asks, what is refused."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.models import AuditEntry, Notification
from contacts.models import Contact, PersonRequest, Reach, Suppression
from contacts.requests import identity, service
from contacts.requests.clock import due
from contacts.requests.reminders import remind
from contacts.requests.rows import RequestRefused
from contacts.services.addresses import InvalidAddress
from contacts.services.people import create_contact
from messaging.models import Delivery
from tests.contacts.requests.conftest import ADDRESS

pytestmark = pytest.mark.django_db


def asked(kind: str = "access", **told) -> PersonRequest:
    return service.open_request(**{"kind": kind, "came_by": "hand", "by": None, **told})


def fresh(request: PersonRequest) -> PersonRequest:
    return PersonRequest.objects.get(pk=request.pk)


@pytest.mark.parametrize(
    ("received", "months", "day"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2027, 3, 15), 1, date(2027, 4, 15)),
        (date(2026, 12, 5), 1, date(2027, 1, 5)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
    ],
)
def test_a_month_ends_on_the_same_day_or_on_the_last_one(received, months, day) -> None:
    assert due(received, months=months) == day


def test_who_asks_is_known_by_an_address_that_is_theirs_alone(lea, members) -> None:
    assert asked(address="Lea.Martin@Example.org").contact == lea
    create_contact(source=members, by=None, first_name="Tom", last_name="Martin", email=ADDRESS)
    assert asked(address=ADDRESS).contact is None, "two people share it: an officer chooses"
    with pytest.raises(InvalidAddress):
        asked(address="nobody")


def test_words_and_answers_stand_sealed(lea) -> None:
    from django.db import connection

    request = asked(contact=lea, words="Who gave you my address?")
    with connection.cursor() as cursor:
        cursor.execute("SELECT words FROM contacts_personrequest")
        assert "address" not in cursor.fetchone()[0]
    assert fresh(request).words == "Who gave you my address?"


def test_the_link_goes_to_a_known_address_never_to_the_one_typed(lea) -> None:
    request = asked(contact=lea, address="somebody.else@example.org")
    identity.ask_identity(request=request, by=None)
    delivery = Delivery.objects.get()
    assert (delivery.address, delivery.contact_id) == (ADDRESS, lea.pk)
    assert fresh(request).identity == "asked"
    assert fresh(request).address == ADDRESS


def test_somebody_without_an_address_is_known_in_another_way(members, handler) -> None:
    nobody = create_contact(source=members, by=None, first_name="Ana", last_name="Roy")
    request = asked(contact=nobody)
    with pytest.raises(RequestRefused, match="no e-mail address"):
        identity.ask_identity(request=request, by=handler)
    with pytest.raises(RequestRefused, match="how you know"):
        identity.note_identity(request=request, how=" ", by=handler)
    identity.note_identity(request=request, how="Called back on the number we know", by=handler)
    assert fresh(request).is_proven


def test_a_link_that_went_to_another_address_proves_nothing(lea, members, handler) -> None:
    tom = create_contact(source=members, by=None, first_name="Tom", last_name="Roy", email="tom@example.org")
    request = asked(address="stranger@example.org")
    stranger = keyed_hash("email", "stranger@example.org")
    identity.ask_identity(request=request, by=None)
    assert identity.confirm_identity(request=request, address_hash=stranger)
    assert fresh(request).is_proven, "whoever it is reads that mailbox"
    service.choose_person(request=request, contact=tom, by=handler)
    assert not fresh(request).is_proven, "but that is not Tom's"
    assert not identity.confirm_identity(request=request, address_hash=stranger)
    assert not identity.confirm_identity(request=request, address_hash=keyed_hash("email", ADDRESS))


def test_a_confirmed_objection_takes_effect_at_once(lea) -> None:
    request = asked("objection", contact=lea, address=ADDRESS, channels=["sms"])
    identity.ask_identity(request=request, by=None)
    assert not Suppression.objects.exists()
    assert identity.confirm_identity(request=request, address_hash=keyed_hash("email", ADDRESS))
    assert {entry.channel for entry in Suppression.objects.all()} == {"sms"}
    assert fresh(request).state == "answered"


def test_an_objection_from_a_shared_address_ends_mail_to_it_at_once(lea, members) -> None:
    tom = create_contact(source=members, by=None, first_name="Tom", last_name="Roy", email=ADDRESS)
    request = asked("objection", address=ADDRESS, channels=["email"])
    assert request.contact is None, "two people have it"
    identity.ask_identity(request=request, by=None)
    assert identity.confirm_identity(request=request, address_hash=keyed_hash("email", ADDRESS))
    entry = Suppression.objects.get()
    assert (entry.channel, bytes(entry.address_hash)) == ("email", keyed_hash("email", ADDRESS))
    assert not Reach.objects.filter(contact__in=[lea, tom], channel="email", political=True).exists()
    assert Reach.objects.filter(contact=lea, channel="sms", political=True).exists()
    assert fresh(request).state == "answered"


def test_other_channels_of_a_shared_address_wait_for_an_officer(client, lea, members) -> None:
    create_contact(source=members, by=None, first_name="Tom", last_name="Roy", email=ADDRESS)
    request = asked("objection", address=ADDRESS)
    identity.ask_identity(request=request, by=None)
    identity.confirm_identity(request=request, address_hash=keyed_hash("email", ADDRESS))
    assert {entry.channel for entry in Suppression.objects.all()} == {"email"}
    assert fresh(request).is_open
    assert "say first who it is" in client.get(f"/requests/{request.pk}/").text


def test_of_people_at_one_address_the_one_who_is_named_objects(lea, members) -> None:
    tom = create_contact(
        source=members, by=None, first_name="Tom", last_name="Roy", email=ADDRESS, phone="+33639980002"
    )
    request = asked("objection", address=ADDRESS, name="ROY Tom", channels=["sms"])
    identity.ask_identity(request=request, by=None)
    identity.confirm_identity(request=request, address_hash=keyed_hash("email", ADDRESS))
    assert (fresh(request).contact, fresh(request).state) == (tom, "answered")
    assert Reach.objects.filter(contact=lea, channel="sms", political=True).exists()
    assert not Reach.objects.filter(contact=tom, channel="sms", political=True).exists()


def test_an_objection_of_somebody_unknown_holds_for_whoever_brings_the_address(members) -> None:
    request = asked("objection", address="new@example.org", channels=["email"])
    identity.ask_identity(request=request, by=None)
    identity.confirm_identity(request=request, address_hash=keyed_hash("email", "new@example.org"))
    came = create_contact(source=members, by=None, first_name="Ana", last_name="Roy", email="new@example.org")
    assert not Reach.objects.filter(contact=came, channel="email", political=True).exists()


def test_an_objection_without_a_channel_ends_them_all(lea, handler) -> None:
    request = asked("objection", contact=lea)
    service.object_for(request=request, channels=[], by=handler)
    assert {entry.channel for entry in Suppression.objects.all()} == {"email", "sms", "call", "post"}


def test_a_request_is_extended_once_with_a_reason_and_the_person_is_told(lea, handler) -> None:
    request = asked(contact=lea, address=ADDRESS)
    with pytest.raises(RequestRefused, match="Say why"):
        service.extend_request(request=request, reason="", by=handler)
    service.extend_request(request=request, reason="Many requests at once", by=handler)
    extended = fresh(request)
    assert extended.due_on == due(timezone.localdate(), months=3)
    assert "Many requests at once" in str(Delivery.objects.get().context)
    with pytest.raises(RequestRefused, match="three months"):
        service.extend_request(request=request, reason="Again", by=handler)


def test_it_cannot_be_extended_once_the_month_is_over(lea, handler) -> None:
    request = asked(contact=lea, received_at=timezone.now() - timedelta(days=40))
    with pytest.raises(RequestRefused, match="month is over"):
        service.extend_request(request=request, reason="Late", by=handler)


def test_a_closed_request_stays_as_it_is(lea, handler) -> None:
    request = asked(contact=lea)
    service.refuse_request(request=request, reason="Asked every week", by=handler)
    assert (fresh(request).state, fresh(request).answer) == ("refused", "Asked every week")
    for act in (service.answer_request, service.refuse_request):
        with pytest.raises(RequestRefused, match="closed already"):
            act(request=request, by=handler, **{"answer" if act is service.answer_request else "reason": "x"})
    assert AuditEntry.objects.filter(action="request.refuse").count() == 1


def test_the_answer_is_announced_only_to_who_has_proven_who_they_are(lea, handler) -> None:
    request = asked(contact=lea, address=ADDRESS)
    service.answer_request(request=request, answer="Here it is.", by=handler)
    assert not Delivery.objects.exists()
    other = asked(contact=lea, address=ADDRESS)
    identity.note_identity(request=other, how="At the office", by=handler)
    service.answer_request(request=other, answer="Here it is.", by=handler)
    delivery = Delivery.objects.get()
    assert "Here it is." not in str(delivery.context), "it is read by the link"


@pytest.mark.parametrize(("days", "told"), [(14, 0), (15, 1), (25, 1), (28, 1), (40, 1)])
def test_the_team_is_reminded_as_the_day_comes_near(lea, handler, officer, days, told) -> None:
    asked(contact=lea, received_at=timezone.now() - timedelta(days=days))
    assert remind() == told
    assert remind() == 0, "each reminder is given once"
    reminded = Notification.objects.all()
    assert {one.user for one in reminded} == ({handler} if told else set()), "not who handles none"
    if days == 40:
        assert "overdue" in reminded[0].message


def test_whoever_took_it_alone_is_reminded(lea, handler) -> None:
    from campaign_crm.platform.models import User
    from campaign_crm.platform.rights import Role

    other = User.objects.create_user(email="other@example.org", role=Role.ADMINISTRATOR, language="en")
    request = asked(contact=lea, received_at=timezone.now() - timedelta(days=25))
    service.take_request(request=request, by=other)
    remind()
    assert [one.user for one in Notification.objects.all()] == [other]


def test_reminders_follow_an_extension(lea, handler, monkeypatch) -> None:
    request = asked(contact=lea, received_at=timezone.now() - timedelta(days=16))
    remind()
    service.extend_request(request=request, reason="Hard", by=handler)
    assert remind() == 0
    end = fresh(request).due_on
    moment = timezone.make_aware(datetime.combine(end - timedelta(days=2), datetime.min.time()))
    monkeypatch.setattr(timezone, "localdate", lambda *_: moment.date())
    assert remind() == 1
    assert "2 days left" in Notification.objects.latest("pk").message


def test_a_merge_takes_requests_along(lea, members) -> None:
    from contacts.merging.service import merge

    twin = create_contact(source=members, by=None, first_name="Léa", last_name="Martin")
    request = asked(contact=twin)
    merge(kept=lea, absorbed=twin, by=None)
    assert fresh(request).contact == lea
    assert not Contact.objects.filter(pk=twin.pk).exists()
