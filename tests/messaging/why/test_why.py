"""“Why did you write to me?”: what the ledger kept, found by anything in hand, with an answer to copy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone, translation

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.rights import Role
from contacts.enums import Channel, ConsentPurpose, Severity, SuppressionReason, SuppressionScope
from contacts.models import Contact, EmailAddress, Newsletter, RulesAsked
from contacts.registry import registry
from contacts.rules.asked import note_rules_asked
from contacts.services.consents import current_wording, record_consent
from contacts.services.people import create_contact
from contacts.services.rules import change_rule
from contacts.services.sources import create_source
from contacts.services.subscriptions import subscribe
from contacts.services.suppressions import suppress
from messaging.content.marks import occasion_number
from messaging.content.return_keys import ReturnToken, sign_return
from messaging.models import Campaign, Delivery
from messaging.why.answers import answer_text
from messaging.why.asked import WORDS
from messaging.why.finding import NotFound, find_messages
from messaging.why.reasons import reasons_of

pytestmark = pytest.mark.django_db
ADDRESS = "lea.martin@example.org"
MONTH = date(2026, 11, 1)
LEFT_AT = datetime(2026, 11, 3, 9, 30, tzinfo=ZoneInfo("Europe/Paris"))


@pytest.fixture(autouse=True)
def english(installation_language: None) -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def lea(db) -> Contact:
    source = create_source(
        by=None, name="Fichier Nord", kind="broker_purchase", lawful_basis="legitimate_interest",
        supplier="Données SA", channels=["email"], proof="Contract 12", balance="Weighed on 3 May",
    )  # fmt: skip
    return create_contact(source=source, by=None, first_name="Léa", last_name="Martin", email=ADDRESS)


def message(contact: Contact, **told) -> Delivery:
    campaign = told.pop("campaign", None) or Campaign.objects.create(
        name="Lettre de novembre", subject="Hello", ledger_month=MONTH
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_ensure_partition('messaging_delivery', %s::date)", [MONTH])
    values = {
        "state": "delivered",
        "address": ADDRESS,
        "address_hash": keyed_hash("email", ADDRESS),
        "handed_at": LEFT_AT,
        "source_id": contact.source_links.get().source_id,
        "basis": "legitimate_interest",
        "notice_version": "1",
        "rulebook_version": "1",
        "provider_message_id": "abc-123@provider",
    }
    return Delivery.objects.create(ledger_month=MONTH, campaign=campaign, contact=contact, **values | told)


def key_of(row: Delivery) -> str:
    return sign_return(
        ReturnToken(row.ledger_month, row.campaign_id, row.contact_id, occasion_number(row.occasion))
    )


def only(typed: str) -> Delivery:
    (found,) = find_messages(typed).deliveries
    return found


def test_a_message_is_found_by_its_message_id_and_by_its_return_path(lea) -> None:
    row = message(lea)
    other = message(lea, occasion="later", campaign=row.campaign, address_hash=bytes(32))
    for typed in (f"Message-ID: <{key_of(row)}@crm.example.org>", f"b1-{key_of(row).upper()}@example.org"):
        assert only(typed).pk == row.pk
    assert only(key_of(other)).pk == other.pk


def test_a_message_is_found_by_the_providers_number_the_ledgers_key_and_the_address(lea) -> None:
    row = message(lea)
    for typed in (
        "<abc-123@provider>".replace("@provider", ""),
        f"2026-11/{row.campaign_id}/{lea.pk}",
        f"{row.campaign_id}/{lea.pk}",
        " Lea.Martin@Example.ORG ",
    ):
        if typed == "<abc-123>":
            Delivery.objects.update(provider_message_id="abc-123")
        assert only(typed).pk == row.pk


def test_a_record_that_was_merged_is_found_by_its_old_message(lea) -> None:
    from contacts.merging.service import merge

    source = lea.source_links.get().source
    twin = create_contact(source=source, by=None, first_name="Léa", last_name="Martin")
    key = key_of(message(twin))
    merge(kept=lea, absorbed=twin, by=None)
    assert only(key).contact_id == lea.pk


def test_an_address_of_nobody_says_so_and_what_stops_it(db) -> None:
    suppress(
        address=ADDRESS,
        channel=Channel.EMAIL,
        scope=SuppressionScope.EVERYTHING,
        reason=SuppressionReason.ERASURE,
        by=None,
    )
    found = find_messages(ADDRESS)
    assert (found.known, found.deliveries) == (False, [])
    assert [entry.reason for entry in found.suppressions] == ["erasure"]


@pytest.mark.parametrize("typed", ["", "   "])
def test_nothing_typed_is_refused(db, typed) -> None:
    with pytest.raises(NotFound, match="Message-ID"):
        find_messages(typed)


def test_what_names_no_message_finds_none(lea) -> None:
    message(lea)
    for typed in ("nothing", "a" * 61, "12/99", "+33639980009"):
        assert find_messages(typed).deliveries == []


def asked_since(moment) -> RulesAsked:
    """What is asked now was asked from before that moment on."""
    asked = note_rules_asked()
    RulesAsked.objects.exclude(pk=asked.pk).delete()
    RulesAsked.objects.filter(pk=asked.pk).update(at=moment - timedelta(days=1))
    return asked


def test_every_question_of_the_gate_has_words() -> None:
    assert set(registry.hand_over_checks) == set(WORDS)


def test_a_rule_that_was_off_when_it_left_was_not_asked_of_it(lea) -> None:
    row = message(lea)
    asked_since(row.handed_at)
    RulesAsked.objects.update(rules={"silence": "off", "hours": "block", "targeting-consent": "block"})
    later = note_rules_asked()  # on again since: nothing of it is told of this message
    assert later.rules["silence"] == "block"
    (reason,) = reasons_of([row])
    silence = "no election silence where the person lives"
    assert silence not in reason.checks
    told = {one.words: one.why for one in reason.answered.not_asked}
    assert told[silence] == "the rule was not asked on that day"
    assert (
        told["it was an hour for text messages and calls where the person lives"]
        == "it is not for this channel"
    )


def test_a_service_message_tells_what_it_is_exempt_from(lea) -> None:
    row = message(lea)
    asked_since(row.handed_at)
    row.campaign.kind = "service"
    row.campaign.save()
    (reason,) = reasons_of(find_messages(key_of(row)).deliveries)
    told = {one.words: one.why for one in reason.answered.not_asked}
    for words in ("no election silence where the person lives", "the person had not withdrawn their consent"):
        assert told[words] == "it is a service message"
    assert "the address was not on the do-not-contact list" in reason.checks


def test_of_a_message_from_before_nothing_is_made_up(lea) -> None:
    row = message(lea)
    RulesAsked.objects.update(at=row.handed_at + timedelta(days=1))
    (reason,) = reasons_of([row])
    assert (reason.checks, reason.answered.kept) == ([], False)


def test_what_is_asked_is_kept_once_until_it_changes(db) -> None:
    first = note_rules_asked()
    assert note_rules_asked() == first
    boss = User.objects.create_user(email="rules@example.org", role=Role.ADMINISTRATOR)
    change_rule(key="hours", severity=Severity.OFF, figure=20, reason="No texts are sent here.", by=boss)
    newest = RulesAsked.objects.order_by("-id").first()
    assert newest.pk != first.pk
    assert (newest.rules["hours"], newest.rules["silence"]) == ("off", "block")


def test_a_message_to_an_address_still_to_confirm_is_found_by_it(lea) -> None:
    row = message(lea)
    Delivery.objects.filter(campaign=row.campaign).update(contact_id=0)
    EmailAddress.objects.all().delete()
    found = find_messages(row.address)
    assert [one.campaign_id for one in found.deliveries] == [row.campaign_id]
    assert found.known


def test_the_reason_is_what_was_kept_not_what_holds_today(lea) -> None:
    row = message(lea, segment_version=4)
    asked_since(row.handed_at)
    row.campaign.audience_tree = {"all": [{"field": "gone", "operator": "is", "value": 1}]}
    row.campaign.save()
    source = lea.source_links.get().source
    type(source).objects.filter(pk=source.pk).update(lawful_basis="none")
    (reason,) = reasons_of(find_messages(key_of(row)).deliveries)
    assert (reason.basis, reason.source, reason.left) == ("Legitimate interest", source, True)
    assert reason.criteria == ["A condition that this version no longer knows"]
    assert "the address was not on the do-not-contact list" in reason.checks
    assert "no election silence where the person lives" in reason.checks


def test_an_answer_tells_origin_rights_and_date_in_both_languages(lea) -> None:
    Organisation.objects.update_or_create(
        id=1,
        defaults={"name": "Campagne", "legal_name": "Association 2027", "dpo_contact": "dpo@example.org"},
    )
    (reason,) = reasons_of([message(lea)])
    english, french = answer_text(reason, "en"), answer_text(reason, "fr")
    for words in ("Données SA", "lea.martin@example.org", "dpo@example.org", "Association 2027", "CNIL"):
        assert words in english, words
        assert words in french, words
    assert "/your-data/" in english
    assert "/vos-donnees/" in french
    assert "legitimate interest" in english
    assert "3 novembre 2026" in french


def test_the_persons_own_word_comes_first(lea) -> None:
    source = create_source(by=None, name="Site", kind="form", lawful_basis="consent", channels=["email"])
    wording = current_wording(Channel.EMAIL, ConsentPurpose.MESSAGES, "en")
    consent = record_consent(
        contact=lea, channel=Channel.EMAIL, purpose=ConsentPurpose.MESSAGES, given=True, source=source,
        wording=wording, by=None,
    )  # fmt: skip
    letter = Newsletter.objects.create(name="Lettre de l’Oise")
    subscription = subscribe(contact=lea, newsletter=letter, source=source, by=None)
    row = message(lea, consent_id=consent.pk, source_id=source.pk, subscription_id=subscription.pk)
    text = answer_text(reasons_of([row])[0], "en")
    assert wording.text in text
    assert "Lettre de l’Oise" in text
    assert "legitimate interest" not in text


def test_a_service_message_and_one_that_did_not_leave_say_so(lea) -> None:
    campaign = Campaign.objects.create(name="Confirmation", kind="service", ledger_month=MONTH)
    service = message(lea, campaign=campaign, basis="", context={"subject": "Please confirm"})
    stopped = message(lea, state="suppressed", handed_at=None, answer="On the do-not-contact list")
    first, second = reasons_of([service, stopped])
    assert "no political message" in answer_text(first, "en")
    assert "Please confirm" in answer_text(first, "en")
    assert "did not leave" in answer_text(second, "en")


def browser(role: str) -> Client:
    found = Client()
    found.force_login(User.objects.create_user(email=f"{role}@example.org", role=role, language="en"))
    return found


def test_the_page_answers_in_one_look_up(lea) -> None:
    message(lea)
    client = browser(Role.READ_ONLY)
    page = client.post("/why/", {"typed": ADDRESS}).text
    for words in ("Fichier Nord", "Données SA", "Contract 12", "Legitimate interest", "Notice, version 1"):
        assert words in page, words
    assert page.count("data-copy=") == 2
    assert "No message is known by this." in client.post("/why/", {"typed": "nothing"}).text
    assert "Nobody in the base" in client.post("/why/", {"typed": "who@example.org"}).text
    assert client.post("/why/", {"typed": ""}).status_code == 422


def test_the_persons_page_leads_there(lea) -> None:
    message(lea)
    client = browser(Role.DIRECTOR)
    assert f"/why/?person={lea.pk}" in client.get(f"/people/{lea.pk}/").text
    assert "Legitimate interest" in client.get(f"/why/?person={lea.pk}").text
    Contact.objects.filter(pk=lea.pk).update(erased_at=timezone.now())
    assert client.get(f"/why/?person={lea.pk}").status_code == 404


def test_who_may_not_see_sources_may_not_ask(lea) -> None:
    assert browser(Role.VOLUNTEER).post("/why/", {"typed": ADDRESS}).status_code == 403
