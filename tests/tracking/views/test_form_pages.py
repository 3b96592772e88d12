"""The page of a form built of blocks: what it asks, when, and what is kept of the answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from contacts.enums import Channel
from contacts.models import Consent, Contact, CustomField, PersonRequest, Reach, Tag
from contacts.services.people import create_contact
from messaging.models import Delivery
from messaging.services.senders import ensure_local_sender
from tests.support.forms import as_a_browser
from tests.support.small_reference import load_small_reference
from tracking.enums import Confirmation, FormKind
from tracking.forms.prefill import prefilled_url
from tracking.models import Form, Submission
from tracking.services.forms import publish_form, save_draft, start_form
from tracking.services.settling import settle_sign_ups
from tracking.services.suspicion import new_challenge

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sender(db: None) -> None:
    ensure_local_sender()
    return


def published(kind: FormKind, *blocks: dict[str, Any], language: str = "en", **values: Any) -> Form:
    """A form of a preset, or of these blocks instead."""
    form = start_form(kind=kind, title="Ours", language=language, by=None)
    content = form.draft | ({"blocks": list(blocks)} if blocks else {})
    form = save_draft(form=form, content=content, revision=1, by=None)
    publish_form(form=form, by=None)
    Form.objects.filter(pk=form.pk).update(**values)
    return Form.objects.get(pk=form.pk)


def send(form: Form, query: str = "", **answers: object) -> HttpResponse:
    return Client().post(f"/f/{form.slug}{query}", {**as_a_browser(form.slug), **answers})


def test_a_question_is_asked_and_kept_only_where_its_answer_shows_it() -> None:
    form = published(FormKind.SURVEY)
    send(form, q_theme="o1", q_other="dropped", q_satisfaction="4")
    send(form, q_theme="o5", q_other="Parks")
    first, second = Submission.objects.order_by("at")
    assert first.data["answers"] == {"theme": ["o1"], "satisfaction": ["4"]}
    assert second.data["answers"] == {"theme": ["o5"], "other": "Parks"}
    assert not Contact.objects.exists(), "a survey without a name makes nobody"
    assert first.version == form.published


def test_a_required_question_is_required_where_it_is_shown() -> None:
    theme, other = published(FormKind.SURVEY).draft["blocks"][:2]
    form = published(FormKind.SURVEY, theme, other | {"required": True})
    assert send(form, q_theme="o1").status_code == 200
    answer = send(form, q_theme="o5")
    assert (answer.status_code, "This field is required" in answer.content.decode()) == (422, True)
    assert Submission.objects.count() == 1


def test_answers_become_fields_and_tags_and_write_over_nothing(source: Any) -> None:
    CustomField.objects.create(key="car", label="Car", kind="boolean")
    CustomField.objects.create(key="note", label="Note", kind="text")
    driver = Tag.objects.create(name="Driver")
    car = {
        "id": "car",
        "type": "choice",
        "label": {"en": "A car?"},
        "field": "car",
        "options": [
            {"id": "y", "label": {"en": "Yes"}, "tag": driver.pk},
            {"id": "n", "label": {"en": "No"}, "tag": None},
        ],
    }
    note = {"id": "note", "type": "words", "label": {"en": "Anything?"}, "field": "note"}
    who = [{"id": "identity", "type": "identity"}, {"id": "email", "type": "email"}]
    form = published(FormKind.VOLUNTEER, *who, car, note)
    known = create_contact(
        source=source,
        by=None,
        first_name="Léa",
        last_name="Martin",
        email="lea@example.org",
        custom={"note": "ours"},
    )
    send(form, first_name="Léa", last_name="Martin", email="lea@example.org", q_car="y", q_note="theirs")
    known.refresh_from_db()
    assert known.custom == {"note": "ours", "car": True}
    assert known.tag_links.get().tag == driver


def test_a_petition_counts_and_names_only_those_who_agreed() -> None:
    form = published(FormKind.PETITION)
    send(form, first_name="Léa", last_name="Martin", email="lea@example.org", shows_name="on")
    send(form, first_name="Paul", last_name="Durand", email="paul@example.org")
    cache.clear()
    page = Client().get(f"/f/{form.slug}").content.decode()
    assert "<strong>2</strong>" in page
    assert "Léa Martin" in page
    assert "Durand" not in page


def test_a_page_is_in_the_language_asked_for_and_keeps_the_wording_shown() -> None:
    form = published(FormKind.SIGN_UP, language="fr")
    content = form.draft | {"languages": ["fr", "en"]}
    publish_form(form=save_draft(form=form, content=content, revision=form.revision, by=None), by=None)
    assert "Recevez nos nouvelles" in Client().get(f"/f/{form.slug}").content.decode()
    assert "Receive our news" in Client().get(f"/f/{form.slug}?lang=en").content.decode()
    who = {"first_name": "Léa", "last_name": "Martin", "email": "lea@example.org"}
    send(form, "?lang=en", **who, consent_email_messages="on", q_source="leaflet")
    kept = Submission.objects.get()
    assert (kept.language, kept.credit) == ("en", "leaflet")
    assert Consent.objects.get().wording.language == "en"
    assert Contact.objects.get().language == "en"


def test_messages_are_chosen_only_for_whoever_says_to_be_17_or_older() -> None:
    form = published(FormKind.SIGN_UP)
    who = {"first_name": "Léa", "last_name": "Martin", "email": "lea@example.org"}
    answer = send(form, **who, consent_email_targeting="on")
    assert "17 or older" in answer.content.decode()
    assert not Submission.objects.exists()
    send(form, **who, consent_email_targeting="on", q_age="on")
    assert Consent.objects.get().purpose == "targeting"


def deliver(address: str, last: str) -> None:
    """The message to an address leaves, and ends so: each step as the ledger asks."""
    rows = Delivery.objects.filter(address=address)
    rows.update(state="claimed", lease_until=timezone.now())
    rows.update(state="handed")
    rows.update(state="accepted", lease_until=None)
    rows.update(state=last)


def test_a_soft_form_writes_at_once_and_counts_after_48_hours_without_a_return() -> None:
    form = published(FormKind.SIGN_UP)
    agreed = {"consent_email_messages": "on", "consent_sms_messages": "on"}
    who = {"first_name": "Léa", "last_name": "Martin", "email": "lea@example.org"}
    send(form, **who, **agreed, phone="06 39 98 00 01")
    send(form, first_name="Paul", last_name="Durand", email="paul@example.org", consent_email_messages="on")
    lea, paul = Contact.objects.order_by("pk")
    assert Reach.objects.get(contact=lea, channel=Channel.EMAIL).political
    assert not lea.phonenumber_set.exists(), "the number waits"
    assert {one.context["subject"] for one in Delivery.objects.all()} == {"Welcome!"}
    Submission.objects.update(asked_at=timezone.now() - timedelta(hours=49))
    assert settle_sign_ups()["counted"] == 0, "no message has left"
    deliver("lea@example.org", "delivered")
    deliver("paul@example.org", "bounced")
    assert settle_sign_ups() == {"counted": 1, "reminded": 0, "asked": 0}
    assert settle_sign_ups()["counted"] == 0
    assert lea.phonenumber_set.get().e164 == "+33639980001"
    assert sorted(Consent.objects.filter(contact=lea).values_list("channel", flat=True)) == ["email", "sms"]
    assert [one.contact for one in Submission.objects.counted()] == [lea]
    assert not Consent.objects.filter(contact=paul, given=False).exists(), "nobody is dropped for silence"


def test_whoever_reads_the_mail_of_the_address_can_say_that_it_was_not_them() -> None:
    form = published(FormKind.SIGN_UP)
    send(form, first_name="Léa", last_name="Martin", email="lea@example.org", consent_email_messages="on")
    link = Delivery.objects.get().context["action_url"].partition("/k/")[2]
    assert "It was not me" in Client().get(f"/k/{link}").content.decode()
    assert Submission.objects.get().state == "accepted", "a GET denies nothing"
    assert "nothing of what was ticked" in Client().post(f"/k/{link}", {"answer": "not_me"}).content.decode()
    assert Submission.objects.get().state == "refused"
    assert not Reach.objects.get(channel=Channel.EMAIL).political
    assert Client().post(f"/k/{link}").status_code == 410


def test_a_strict_form_reminds_twice_and_no_more() -> None:
    form = published(FormKind.SIGN_UP, confirmation=Confirmation.STRICT)
    send(form, first_name="Léa", last_name="Martin", email="lea@example.org", consent_email_messages="on")
    assert not Consent.objects.exists()
    deliver("lea@example.org", "delivered")
    reminded = []
    for days in (1, 3, 4, 8, 9, 20):
        Submission.objects.update(asked_at=timezone.now() - timedelta(days=days))
        reminded.append(settle_sign_ups()["reminded"])
    assert reminded == [0, 1, 0, 1, 0, 0]
    assert Delivery.objects.filter(campaign__standing_for__startswith="reminder:").count() == 2


def test_a_form_closes_at_its_date_and_its_last_place_goes_to_one() -> None:
    form = published(FormKind.CONTACT, quota=1)
    who = {"q_message": "Hello", "first_name": "Léa", "last_name": "Martin"}
    assert send(form, **who, email="lea@example.org").status_code == 200
    full = send(form, **who, email="other@example.org")
    assert (full.status_code, "as many answers as it can take" in full.content.decode()) == (410, True)
    assert Submission.objects.count() == 1
    Form.objects.update(quota=None, closes_at=timezone.now() - timedelta(minutes=1))
    assert "This form is closed" in Client().get(f"/f/{form.slug}").content.decode()
    assert "This form is closed" in send(form, **who, email="other@example.org").content.decode()
    assert Submission.objects.count() == 1


def test_a_signed_link_fills_a_form_in_and_nothing_else_does(source: Any) -> None:
    form, other = published(FormKind.CONTACT), published(FormKind.SIGN_UP)
    person = create_contact(
        source=source, by=None, first_name="Zoé", last_name="Garnier", email="z@example.org"
    )
    token = prefilled_url(form, person).partition("?for=")[2]
    shown = Client().get(f"/f/{form.slug}?for={token}").content.decode()
    assert ('value="Zoé"' in shown, 'value="z@example.org"' in shown) == (True, True)
    flipped = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    for address in (f"{form.slug}?for={flipped}", f"{other.slug}?for={token}", f"{form.slug}?first_name=Zoé"):
        assert "Garnier" not in Client().get(f"/f/{address}").content.decode()
        assert 'value="Zoé"' not in Client().get(f"/f/{address}").content.decode()


def test_only_the_named_websites_may_hold_a_form_in_a_frame() -> None:
    form = published(FormKind.SIGN_UP)
    policy = Client().get(f"/f/{form.slug}?embed=1")["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    Form.objects.update(embed_hosts=["www.example.org"])
    page = Client().get(f"/f/{form.slug}?embed=1")
    assert "frame-ancestors https://www.example.org" in page["Content-Security-Policy"]
    assert not page.has_header("X-Frame-Options")
    script = Client().get(f"/f/{form.slug}.js")
    assert script["Content-Type"].startswith("text/javascript")
    assert f"/f/{form.slug}?embed=1" in script.content.decode()


def test_a_thank_you_page_elsewhere_is_reached_by_a_redirect(settings: Any) -> None:
    settings.FORM_REDIRECT_HOSTS = ["www.example.org"]
    form = published(FormKind.CONTACT)
    content = form.draft | {"redirect": "https://www.example.org/merci"}
    publish_form(form=save_draft(form=form, content=content, revision=form.revision, by=None), by=None)
    who = {"q_message": "Hello", "first_name": "Léa", "last_name": "Martin", "email": "lea@example.org"}
    assert send(form, **who)["Location"] == "https://www.example.org/merci"


def test_the_towns_of_a_postcode_and_a_puzzle_are_given_to_the_page(tmp_path: Any) -> None:
    load_small_reference(tmp_path)
    assert Client().get("/f/_/communes?postcode=60000").json()["communes"][0] == "Beauvais"
    assert Client().get("/f/_/communes?postcode=x").json() == {"communes": []}
    given = Client().get("/f/_/challenge")
    assert given.json().keys() == new_challenge().keys()
    assert "no-store" in given["Cache-Control"]


def test_wrong_data_is_a_request_to_correct_it_and_makes_nobody() -> None:
    form = published(FormKind.WRONG_DATA)
    answer = send(
        form, q_what=["o1"], q_right="Lea", first_name="Léa", last_name="Martin", email="l@example.org"
    )
    assert "tell us that it is you" in answer.content.decode()
    asked = PersonRequest.objects.get()
    assert (asked.kind, asked.came_by) == ("rectification", "page")
    assert "What is wrong? – My name" in asked.words
    assert not Contact.objects.exists()
    assert Delivery.objects.get().address == "l@example.org"


def test_a_form_that_was_never_published_is_nobodys_business() -> None:
    form = start_form(kind=FormKind.SIGN_UP, title="Secret", language="en", by=None)
    for address in (f"/f/{form.slug}", f"/f/{form.slug}.js"):
        assert Client().get(address).status_code == 404
    assert Client().post(f"/f/{form.slug}", {}).status_code == 404
