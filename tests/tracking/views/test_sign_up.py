"""Signing up: separate boxes never ticked, choices about e-mail in force once the address is confirmed."""

import re
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from campaign_crm.platform import limits
from campaign_crm.shell.templatetags.crm import phone
from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.models import (
    Consent,
    ConsentWording,
    Contact,
    EmailAddress,
    Newsletter,
    Reach,
    Subscription,
    Suppression,
)
from contacts.services.people import create_contact
from contacts.services.suppressions import suppress
from messaging.models import Delivery
from tests.support.forms import as_a_browser
from tests.support.small_reference import load_small_reference
from tests.tracking.conftest import ADDRESS
from tracking.enums import Confirmation
from tracking.models import Form, Interaction, Submission
from tracking.services import confirmations, sign_up_limits
from tracking.services.forms import create_form
from tracking.services.settling import settle_sign_ups

pytestmark = pytest.mark.django_db

ANSWERS = {"first_name": "Léa", "last_name": "Martin", "email": "Lea.Martin@Example.org"}


@pytest.fixture(autouse=True)
def sender(db):
    from messaging.services.senders import ensure_local_sender

    ensure_local_sender()


@pytest.fixture
def letter(db) -> Newsletter:
    return Newsletter.objects.create(name="Letter")


@pytest.fixture
def form(letter) -> Form:
    return create_form(
        by=None,
        newsletters=[letter],
        title="Join us",
        introduction="Hello",
        language="en",
        thank_you="",
        tag=None,
        is_open=True,
        confirmation=Confirmation.STRICT,
        fields=["first_name", "last_name", "email", "phone"],
        consents=[
            {"channel": "email", "purpose": "messages"},
            {"channel": "sms", "purpose": "messages"},
            {"channel": "email", "purpose": "measurement"},
        ],
    )


def send(form: Form, **answers: object):
    sent = {**ANSWERS, **as_a_browser(form.slug), **answers}
    return Client(enforce_csrf_checks=True).post(f"/f/{form.slug}", sent)


def confirmation_link() -> str:
    context = Delivery.objects.get().context
    return re.search(r"/k/[A-Za-z0-9_-]+", str(context)).group()


def reach(channel: Channel) -> bool:
    return Reach.objects.get(channel=channel).political


def test_no_box_is_ticked_beforehand(form) -> None:
    page = Client().get(f"/f/{form.slug}")
    assert page.status_code == 200
    assert page.text.count('type="checkbox"') == 4
    assert "checked" not in page.text


def test_a_sign_up_makes_a_person_and_asks_to_confirm(form) -> None:
    response = send(form, consent_email_messages="on", phone="06 39 98 00 01", consent_sms_messages="on")
    assert response.status_code == 200
    assert "confirm your address" in response.text
    person = Contact.objects.get()
    assert (person.first_name, person.language) == ("Léa", "en")
    assert not Consent.objects.exists(), "they wait for the confirmation"
    assert not person.phonenumber_set.exists()
    assert not reach(Channel.EMAIL)
    delivery = Delivery.objects.get()
    assert (delivery.address, delivery.occasion) == (
        "lea.martin@example.org",
        str(Submission.objects.get().pk),
    )
    assert Interaction.objects.get().kind == "sign_up"


def test_the_commune_is_recognised_by_the_postcode_and_the_town(tmp_path) -> None:
    load_small_reference(tmp_path)
    form = create_form(
        by=None,
        newsletters=[],
        title="Here",
        language="en",
        fields=["email", "postcode", "city"],
        consents=[],
    )
    send(form, postcode="60000", city="beauvais cedex")
    assert Contact.objects.get().commune.name == "Beauvais"


def test_confirming_puts_the_choices_in_force_with_their_proof(form, letter) -> None:
    send(form, consent_email_messages="on", consent_email_measurement="on", newsletters=[letter.pk])
    link = confirmation_link()
    assert "I confirm" in Client().get(link).text
    assert not Consent.objects.exists(), "a GET confirms nothing"
    assert "take effect now" in Client().post(link).text
    said = {entry.purpose: entry for entry in Consent.objects.select_related("wording")}
    assert set(said) == {"messages", "measurement"}
    assert said["messages"].wording.text
    assert said["messages"].proof == {"form": form.pk, "submission": str(Submission.objects.get().pk)}
    assert reach(Channel.EMAIL)
    assert Reach.objects.get(channel=Channel.EMAIL).measurement
    assert Subscription.objects.get().newsletter == letter
    assert EmailAddress.objects.get().verified_at is not None


def test_confirming_twice_changes_nothing_more(form) -> None:
    send(form, consent_email_messages="on")
    for _time in range(2):
        assert Client().post(confirmation_link()).status_code == 200
    assert Consent.objects.count() == 1
    assert Interaction.objects.filter(kind="confirm").count() == 1


def test_an_old_link_says_so(form, monkeypatch) -> None:
    send(form, consent_email_messages="on")
    monkeypatch.setattr(confirmations, "CONFIRMATION_LASTS", timedelta(0))
    response = Client().post(confirmation_link())
    assert response.status_code == 410
    assert "fill in the form again" in response.text
    assert not Consent.objects.exists()


def test_only_the_confirmed_act_of_the_person_lifts_their_objection(form) -> None:
    suppress(
        address=ADDRESS,
        channel=Channel.EMAIL,
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.UNSUBSCRIBE,
        by=None,
    )
    send(form, consent_email_messages="on")
    assert Suppression.objects.in_force().exists()
    assert not reach(Channel.EMAIL)
    Client().post(confirmation_link())
    assert not Suppression.objects.in_force().exists()
    assert reach(Channel.EMAIL)


def test_a_known_person_is_recognised_and_keeps_what_is_known(form, person) -> None:
    send(form, consent_email_messages="on", phone="+33 6 39 98 00 02")
    known = Contact.objects.get()
    assert known == person
    assert known.source_links.count() == 2
    assert not known.phonenumber_set.exists(), "anybody could have typed both"


def test_a_number_and_what_is_agreed_about_it_wait_for_the_confirmation_that_names_it(form, person) -> None:
    """Whoever knows an address could otherwise have somebody else called or texted in this person's name."""
    send(form, phone="+33 6 39 98 00 02", consent_sms_messages="on", consent_email_messages="on")
    assert not Consent.objects.exists()
    page = Client().get(confirmation_link()).text
    assert f"Phone number: {phone('+33639980002')}" in page
    assert ConsentWording.objects.get(channel="sms", purpose="messages", language="en").text in page
    Client().post(confirmation_link())
    assert person.phonenumber_set.get().e164 == "+33639980002"
    assert {entry.channel for entry in Consent.objects.all()} == {"email", "sms"}
    assert (reach(Channel.EMAIL), reach(Channel.SMS)) == (True, True)


def test_confirming_an_address_lifts_no_objection_to_text_messages(form, person) -> None:
    suppress(
        address="+33639980002",
        channel=Channel.SMS,
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.STOP,
        by=None,
    )
    send(form, phone="+33 6 39 98 00 02", consent_sms_messages="on")
    Client().post(confirmation_link())
    assert Suppression.objects.in_force().exists()
    assert not reach(Channel.SMS)


def test_without_an_address_a_number_counts_at_once(form) -> None:
    form = create_form(
        by=None,
        newsletters=[],
        title="By phone",
        language="en",
        fields=["first_name", "last_name", "phone"],
        consents=[{"channel": "sms", "purpose": "messages"}],
    )
    send(form, phone="+33 6 39 98 00 02", consent_sms_messages="on")
    assert Contact.objects.get().phonenumber_set.get().e164 == "+33639980002"
    assert [entry.channel for entry in Consent.objects.all()] == ["sms"]
    assert not Delivery.objects.exists()


def test_another_name_at_the_same_address_is_another_person(form, person) -> None:
    send(form, first_name="Paul", last_name="Durand")
    assert Contact.objects.count() == 2


def test_an_address_gets_one_confirmation_in_24_hours(form) -> None:
    send(form)
    send(form)
    assert Submission.objects.count() == 2
    assert Delivery.objects.count() == 1


def test_a_robot_fills_the_trap_and_gets_nowhere(form) -> None:
    response = send(form, website="https://example.com", consent_email_messages="on")
    assert response.status_code == 200
    assert Submission.objects.get().data["looks_automatic"]
    assert not Contact.objects.exists()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"email": "nobody"}, "e-mail"),
        ({"phone": "12"}, "12"),
        ({"consent_sms_messages": "on"}, "untick the box"),
        ({"first_name": ""}, "required"),
    ],
)
def test_a_wrong_answer_is_said_and_nothing_is_kept(form, answers, words) -> None:
    response = send(form, **answers)
    assert response.status_code == 422
    assert words in response.text
    assert not Submission.objects.exists()
    assert not Contact.objects.exists()


def test_a_closed_form_takes_nothing(form) -> None:
    form.is_open = False
    form.save()
    assert "closed" in send(form).text
    assert not Submission.objects.exists()


def test_what_people_type_is_shown_escaped(form) -> None:
    response = send(form, first_name="<svg onload=alert(1)>", email="nobody")
    assert "<svg onload" not in response.text


def test_submissions_keep_when_they_came(form) -> None:
    send(form)
    assert timezone.now() - Submission.objects.get().at < timedelta(minutes=1)


def test_the_page_of_the_link_says_what_it_puts_in_force(form, letter) -> None:
    send(form, consent_email_messages="on", newsletters=[letter.pk])
    page = Client().get(confirmation_link()).text
    assert "Letter" in page
    assert ConsentWording.objects.get(channel="email", purpose="messages", language="en").text in page


def test_one_link_covers_what_was_asked_after_it_with_the_same_address(form, letter) -> None:
    """At most one confirmation a day: without this the second sign-up could never be confirmed."""
    send(form)
    send(form, consent_email_messages="on", newsletters=[letter.pk])
    assert "Letter" in Client().get(confirmation_link()).text
    Client().post(confirmation_link())
    assert reach(Channel.EMAIL)
    assert Subscription.objects.get().newsletter == letter
    assert not Submission.objects.filter(confirmed_at=None).exists()


def test_an_address_gets_one_link_a_day_over_all_forms_and_it_covers_the_rest(form, letter) -> None:
    """Also once it is confirmed: the same link asks for what came after; a day later another leaves."""
    send(form)
    Client().post(confirmation_link())
    other = create_form(
        by=None, newsletters=[letter], title="Other", language="en", fields=["email"], consents=[]
    )
    Form.objects.filter(pk=other.pk).update(confirmation=Confirmation.STRICT)
    send(other, newsletters=[letter.pk])
    assert Delivery.objects.count() == 1
    assert "Letter" in Client().get(confirmation_link()).text
    late = Submission.objects.get(form=other)
    Submission.objects.update(at=late.at - timedelta(hours=25))
    Submission.objects.filter(form=form).update(asked_at=late.at - timedelta(hours=25))
    assert settle_sign_ups()["asked"] == 1
    assert Delivery.objects.filter(occasion=str(late.pk)).exists()
    assert settle_sign_ups()["asked"] == 0


def test_addresses_of_one_mailbox_are_not_written_to_without_end(form, monkeypatch) -> None:
    monkeypatch.setattr(sign_up_limits, "LINKS_A_MAILBOX", 2)
    for number in range(4):
        send(form, email=f"Victim+{number}@example.org")
    assert Submission.objects.count() == 4
    assert Delivery.objects.count() == 2
    send(form, email="somebody@example.org")
    assert Delivery.objects.count() == 3


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("Victim+1@Example.org", "victim@example.org"),
        ("v.ic.tim+1@googlemail.com", "victim@gmail.com"),
        ("v.ictim@example.org", "v.ictim@example.org"),
    ],
)
def test_a_mailbox_is_known_under_each_of_its_addresses(address, mailbox) -> None:
    assert sign_up_limits.mailbox_of(address) == mailbox


def test_addresses_of_one_domain_are_asked_to_wait_but_those_of_a_large_host(form, monkeypatch) -> None:
    """Some domains give every name to one mailbox."""
    monkeypatch.setattr(sign_up_limits, "OF_ONE_DOMAIN", 2)
    answers = [send(form, email=f"person{number}@example.org") for number in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Please wait some minutes" in answers[2].text
    assert Submission.objects.count() == 2
    for number in range(3):
        assert send(form, email=f"person{number}@gmail.com").status_code == 200


def test_two_people_of_one_address_are_confirmed_by_one_link_that_names_them(form, letter) -> None:
    send(form, consent_email_messages="on")
    send(form, first_name="Paul", last_name="Durand", newsletters=[letter.pk])
    page = Client().get(confirmation_link()).text
    assert "By confirming, Léa Martin chooses:" in page
    assert "By confirming, Paul Durand chooses:" in page
    Client().post(confirmation_link())
    lea, paul = Contact.objects.order_by("pk")
    assert Consent.objects.get(channel="email").contact == lea
    assert Subscription.objects.get().contact == paul
    assert not Submission.objects.filter(confirmed_at=None).exists()


def test_an_erasure_takes_the_link_from_nobody_else_at_the_address(form, letter) -> None:
    send(form, consent_email_messages="on")
    send(form, first_name="Paul", last_name="Durand", newsletters=[letter.pk])
    Contact.objects.filter(first_name="Léa").update(erased_at=timezone.now())
    send(form, first_name="Luc", last_name="Petit")
    assert Delivery.objects.count() == 1
    assert "take effect now" in Client().post(confirmation_link()).text
    assert Subscription.objects.get().contact.first_name == "Paul"
    assert Submission.objects.filter(confirmed_at__isnull=False).count() == 2
    assert not Consent.objects.exists()


def test_a_new_address_of_a_known_person_is_theirs_once_confirmed(form, source) -> None:
    """Who knows a name and a number must not receive what is written to that person."""
    member = create_contact(
        source=source, by=None, first_name="Léa", last_name="Martin", phone="+33639980002"
    )
    send(form, email="somebody@example.com", phone="06 39 98 00 02", consent_email_messages="on")
    assert Submission.objects.get().contact == member
    assert not EmailAddress.objects.exists()
    assert not Reach.objects.get(contact=member, channel=Channel.EMAIL).political
    assert Delivery.objects.get().contact_id == 0
    Client().post(confirmation_link())
    assert EmailAddress.objects.get().contact == member
    assert Reach.objects.get(contact=member, channel=Channel.EMAIL).political


def test_a_link_of_somebody_who_was_erased_has_expired(form) -> None:
    send(form, consent_email_messages="on")
    Contact.objects.update(erased_at=timezone.now())
    assert Client().post(confirmation_link()).status_code == 410
    assert not Consent.objects.exists()


def test_too_many_from_one_connection_are_asked_to_wait(form, monkeypatch) -> None:
    monkeypatch.setattr(sign_up_limits, "FROM_ONE_PLACE", 2)
    answers = [send(form, email=f"person{number}@example.org").status_code for number in range(3)]
    assert answers == [200, 200, 429]
    assert Submission.objects.count() == 2


def test_without_the_limits_server_people_still_sign_up(form, settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    limits._client.cache_clear()
    assert send(form).status_code == 200
    limits._client.cache_clear()


def test_two_identical_sign_ups_at_once_are_one_person_and_one_confirmation(form, transactional_db) -> None:
    def sign_up() -> None:
        try:
            send(form, consent_email_messages="on")
        finally:
            connection.close()

    threads = [threading.Thread(target=sign_up) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (Submission.objects.count(), Contact.objects.count(), Delivery.objects.count()) == (3, 1, 1)
