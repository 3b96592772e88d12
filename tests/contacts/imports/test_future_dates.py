"""A day that has not come yet is no day on which anybody agreed."""

import pytest
from django.utils import timezone

from contacts.models import Consent, Contact, ContactSource
from contacts.services.consents import record_consent
from tests.support.imports import import_file, write_rows

pytestmark = pytest.mark.django_db

MAPPING = {0: "first_name", 1: "last_name", 2: "email", 3: "agrees_email", 4: "collected_on"}
HEADER = ["Prénom", "Nom", "Email", "Accord", "Collecté le"]


def test_an_agreement_of_a_day_to_come_beats_no_refusal_and_is_told_back(tmp_path, book, places) -> None:
    lea = Contact.objects.create(first_name="Léa", last_name="Martin")
    lea.emailaddress_set.create(address="lea@example.org", normalised="lea@example.org")
    record_consent(contact=lea, channel="email", purpose="messages", given=False, by=None)
    rows = [["Léa", "Martin", "lea@example.org", "oui", "12/03/2206"]]
    rows += [["Tom", "Petit", "tom@example.org", "oui", "12/03/2206"]]
    path = write_rows(tmp_path / "book.csv", [HEADER, *rows])
    run = import_file(path, kind="address-book", source=book, mapping=MAPPING)
    assert run.counts["left_out"] == 2
    assert "future_date:12/03/2206" in run.rejects.first().reasons
    assert not Consent.objects.filter(contact=lea, channel="email", given=True).exists()
    tom = Consent.objects.get(contact__first_name="Tom", channel="email")
    assert tom.given
    assert tom.at <= timezone.now()
    assert not ContactSource.objects.exclude(collected_on=None).exists()
