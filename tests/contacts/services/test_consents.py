"""The consent ledger, the sentences people were shown, and newsletters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, transaction

from campaign_crm.platform.models import AuditEntry, User
from contacts.enums import Channel, ConsentPurpose
from contacts.models import Consent, ConsentWording, Contact, Newsletter, Reach, Source, Subscription
from contacts.services.consents import ConsentRefused, record_consent
from contacts.services.sources import preference_page_source
from contacts.services.subscriptions import end_all_subscriptions, end_subscription, subscribe
from contacts.services.wordings import current_wording, publish_wording

EMAIL, MESSAGES = Channel.EMAIL, ConsentPurpose.MESSAGES


def test_no_word_is_of_a_day_to_come(lea: Contact) -> None:
    page = preference_page_source()
    said = {"contact": lea, "channel": EMAIL, "purpose": MESSAGES, "by": None}
    record_consent(**said, given=True, source=page, at=datetime(2206, 3, 12, tzinfo=UTC))  # type: ignore[arg-type]
    record_consent(**said, given=False)  # type: ignore[arg-type]
    assert not Consent.objects.filter(contact=lea, channel=EMAIL).order_by("-at", "-pk")[0].given


def test_an_agreement_opens_a_channel_and_keeps_its_proof(
    lea: Contact, officer: User, reach: Callable[..., Reach]
) -> None:
    page = preference_page_source()
    wording = current_wording(EMAIL, MESSAGES, "fr")
    entry = record_consent(
        contact=lea, channel=EMAIL, purpose=MESSAGES, given=True, source=page, wording=wording,
        proof={"page": "/preferences"}, by=officer,
    )  # fmt: skip
    row = reach(lea)
    assert (row.basis, row.consent, row.source, row.political) == ("consent", entry, page, True)
    audited = AuditEntry.objects.get(action="consent.give")
    assert audited.detail == {"channel": "email", "purpose": "messages", "consent": entry.pk}
    assert audited.actor == officer


def test_an_agreement_needs_its_source_and_a_withdrawal_does_not(lea: Contact) -> None:
    with pytest.raises(ConsentRefused, match="through which source"):
        record_consent(contact=lea, channel=EMAIL, purpose=MESSAGES, given=True, by=None)
    record_consent(contact=lea, channel=EMAIL, purpose=MESSAGES, given=False, by=None)
    assert Consent.objects.get(contact=lea).given is False


def test_the_newest_word_holds_whatever_the_order_of_writing(
    lea: Contact, form: Source, reach: Callable[..., Reach]
) -> None:
    for given, day in ((False, 10), (True, 5)):
        record_consent(
            contact=lea, channel=EMAIL, purpose=MESSAGES, given=given, source=form,
            at=datetime(2025, 1, day, tzinfo=UTC), by=None,
        )  # fmt: skip
    assert reach(lea).reason == "withdrawn"


def test_measurement_and_targeting_are_asked_apart(
    lea: Contact, form: Source, reach: Callable[..., Reach]
) -> None:
    record_consent(
        contact=lea, channel=EMAIL, purpose=ConsentPurpose.MEASUREMENT, given=True, source=form, by=None
    )
    assert (reach(lea).measurement, reach(lea).targeting) == (True, False)


def test_the_ledger_is_only_added_to(lea: Contact, form: Source) -> None:
    entry = record_consent(contact=lea, channel=EMAIL, purpose=MESSAGES, given=True, source=form, by=None)
    with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
        Consent.objects.filter(pk=entry.pk).update(given=False)


@pytest.mark.django_db
def test_each_sentence_is_kept_with_its_version(officer: User) -> None:
    first = current_wording(EMAIL, MESSAGES, "fr")
    assert (first.version, first.text.startswith("J’accepte de recevoir par e-mail")) == (1, True)
    assert current_wording(EMAIL, MESSAGES, "fr") == first
    second = publish_wording(
        channel=EMAIL, purpose=MESSAGES, language="fr", text="Oui, écrivez-moi.", by=officer
    )
    assert (second.version, current_wording(EMAIL, MESSAGES, "fr")) == (2, second)
    same = publish_wording(
        channel=EMAIL, purpose=MESSAGES, language="fr", text="Oui, écrivez-moi.", by=officer
    )
    assert same == second
    assert ConsentWording.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("purpose", list(ConsentPurpose))
@pytest.mark.parametrize("channel", list(Channel))
def test_every_channel_and_purpose_has_a_sentence_in_both_languages(
    channel: Channel, purpose: ConsentPurpose
) -> None:
    french, english = (current_wording(channel, purpose, language).text for language in ("fr", "en"))
    assert french.startswith("J’accepte")
    assert english.startswith("I agree")
    assert "{" not in french + english
    assert current_wording(channel, purpose, "de").text == french


def test_a_newsletter_is_chosen_once_left_and_chosen_again(lea: Contact, form: Source) -> None:
    letter = Newsletter.objects.create(name="Lettre de l'Oise")
    first = subscribe(contact=lea, newsletter=letter, source=form, by=None)
    assert subscribe(contact=lea, newsletter=letter, source=form, by=None) == first
    assert end_subscription(contact=lea, newsletter=letter, by=None)
    assert not end_subscription(contact=lea, newsletter=letter, by=None)
    second = subscribe(contact=lea, newsletter=letter, source=form, by=None)
    assert second != first
    assert Subscription.objects.filter(ended_at=None).get() == second
    assert end_all_subscriptions(contact=lea, by=None) == 1
    assert AuditEntry.objects.filter(action__startswith="subscription.").count() == 4
