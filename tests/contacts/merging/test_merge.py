"""Two records of one person made one, and two again, whatever happened between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from campaign_crm.platform.database import ensure_partition
from campaign_crm.platform.models import AuditEntry, User
from contacts.enums import Channel, ConsentPurpose, SuppressionReason, SuppressionScope, TargetingClass
from contacts.households.finding import refresh_all_households
from contacts.households.service import join_household
from contacts.merging.errors import MergeRefused
from contacts.merging.pairs import ask_again, keep_apart
from contacts.merging.redirects import present_contact, present_id
from contacts.merging.service import merge, unmerge
from contacts.models import (
    Consent,
    Contact,
    DuplicatePair,
    ElectoralRegistration,
    EmailAddress,
    HouseholdMember,
    Merge,
    PhoneNumber,
    Reach,
    Source,
    Tag,
    Territory,
)
from contacts.services.consents import record_consent
from contacts.services.contact_points import add_email, add_phone, add_postal_address
from contacts.services.lists import add_to_list, create_list
from contacts.services.people import add_note, add_tag, create_contact, tag_named, update_contact
from contacts.services.suppressions import suppress
from messaging.enums import DeliveryState
from messaging.models import Campaign, Delivery
from tracking.enums import InteractionKind
from tracking.models import Form, Interaction, Submission
from tracking.services.interactions import record_interaction

Dump = Callable[..., dict[str, Any]]


def delivery(person: Contact, campaign: Campaign, state: str = "delivered", **values: Any) -> Delivery:
    point = person.emailaddress_set.get()
    return Delivery.objects.create(
        ledger_month=campaign.ledger_month, campaign=campaign, contact=person, state=state,
        address=values.pop("address", point.address),
        address_hash=values.pop("address_hash", bytes(point.address_hash)), **values,
    )  # fmt: skip


@pytest.fixture
def campaign(db: None) -> Campaign:
    ensure_partition("messaging_delivery", "2026-11-01")
    return Campaign.objects.create(name="Letter", subject="Hello", ledger_month=date(2026, 11, 1))


@pytest.fixture
def full(lea: Contact, lea_again: Contact, form: Source, campaign: Campaign) -> tuple[Contact, Contact]:
    """Two records with something in every table, shared and apart."""
    shared, own = tag_named("Volunteer"), tag_named("Doors")
    for person in (lea, lea_again):
        add_tag(contact=person, tag=shared, by=None)
        add_note(contact=person, body=f"note of {person.pk}", by=None)
    add_tag(contact=lea_again, tag=own, by=None)
    hosts = create_list(name="Hosts", targeting_class=TargetingClass.CRITERION, by=None)
    add_to_list(to=hosts, contacts=[lea, lea_again], by=None)
    record_consent(
        contact=lea_again,
        channel=Channel.EMAIL,
        purpose=ConsentPurpose.MESSAGES,
        given=True,
        source=form,
        by=None,
    )
    update_contact(contact=lea_again, by=None, custom={"shirt": "M"})
    record_interaction(kind=InteractionKind.CALL, contact_id=lea_again.pk)
    page = Form.objects.create(slug="join", title="Join", source=form)
    Submission.objects.create(form=page, contact=lea_again, data={})
    second = Campaign.objects.create(name="Second", ledger_month=date(2026, 11, 1))
    delivery(lea, campaign)
    delivery(lea_again, second)
    return lea, lea_again


def test_everything_of_both_records_is_with_the_one_that_stays(
    full: tuple[Contact, Contact], officer: User
) -> None:
    lea, other = full
    done = merge(kept=lea, absorbed=other, by=officer)
    lea.refresh_from_db()
    assert not Contact.objects.filter(pk=other.pk).exists()
    assert (lea.first_name, lea.civility, lea.gender, lea.custom) == ("Léa", "Mme", "F", {"shirt": "M"})
    assert [point.address for point in EmailAddress.objects.filter(contact=lea)] == ["lea@example.org"]
    assert PhoneNumber.objects.get(contact=lea).is_primary
    assert lea.postaladdress_set.get().city == "Beauvais"
    assert {tag.name for tag in Tag.objects.filter(contact_links__contact=lea)} == {"Volunteer", "Doors"}
    assert lea.notes.count() == 2
    assert {link.source.name for link in lea.source_links.all()} == {"Form", "Members"}
    assert Delivery.objects.filter(contact=lea).count() == 2
    assert Interaction.objects.get(kind=InteractionKind.CALL).contact_id == lea.pk
    assert Submission.objects.get().contact == lea
    assert Reach.objects.get(contact=lea, channel="sms").political
    assert (done.kept, done.absorbed_id, done.merged_by) == (lea, other.pk, officer)
    entry = AuditEntry.objects.get(action="contact.merge")
    assert (entry.object_id, entry.detail, entry.actor) == (str(lea.pk), {"absorbed": other.pk}, officer)


def test_an_undone_merge_leaves_the_database_as_it_was(
    full: tuple[Contact, Contact], everything: Dump, officer: User
) -> None:
    before = everything(*full)
    done = merge(kept=full[0], absorbed=full[1], by=officer)
    assert everything(*full) != before
    restored = unmerge(merge=done, by=officer)
    assert everything(*full) == before
    assert restored == full[1]
    pair = DuplicatePair.objects.get()
    assert (pair.state, pair.decided_by) == (DuplicatePair.State.DIFFERENT, officer)
    with pytest.raises(MergeRefused, match="undone already"):
        unmerge(merge=done, by=officer)


def test_what_happened_after_a_merge_stays_with_the_record_that_stayed(
    lea: Contact, lea_again: Contact
) -> None:
    done = merge(kept=lea, absorbed=lea_again, by=None)
    update_contact(contact=lea, by=None, gender="M")
    add_email(contact=lea, address="new@example.org", source=None, by=None)
    unmerge(merge=done, by=None)
    lea.refresh_from_db()
    assert (lea.gender, lea.civility) == ("M", "")  # changed since, and not
    assert lea.emailaddress_set.filter(address="new@example.org").exists()


def test_the_chosen_values_are_taken(lea: Contact, lea_again: Contact) -> None:
    merge(kept=lea, absorbed=lea_again, by=None, fields={"first_name": "absorbed", "civility": "kept"})
    lea.refresh_from_db()
    assert (lea.first_name, lea.civility) == ("Lea", "")


@pytest.mark.parametrize("refuses_first", [True, False])
def test_a_refusal_of_either_record_holds_and_leaves_with_the_merge(
    lea: Contact, lea_again: Contact, form: Source, everything: Dump, refuses_first: bool
) -> None:
    words = [(lea, not refuses_first), (lea_again, refuses_first)]
    for person, given in words if refuses_first else reversed(words):
        record_consent(
            contact=person,
            channel=Channel.EMAIL,
            purpose=ConsentPurpose.TARGETING,
            given=given,
            source=form,
            by=None,
        )
    before = everything(lea, lea_again)
    done = merge(kept=lea, absorbed=lea_again, by=None)
    newest = Consent.objects.filter(contact=lea, purpose="targeting").order_by("-at", "-pk").first()
    assert newest is not None
    assert not newest.given
    assert not Reach.objects.get(contact=lea, channel="email").targeting
    unmerge(merge=done, by=None)
    assert everything(lea, lea_again) == before


def test_an_objection_to_one_address_holds_for_the_person(lea: Contact, lea_again: Contact) -> None:
    add_email(contact=lea_again, address="other@example.org", source=None, by=None)
    suppress(
        channel=Channel.EMAIL, address="other@example.org", scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.UNSUBSCRIBE, by=None,
    )  # fmt: skip
    merge(kept=lea, absorbed=lea_again, by=None)
    assert not Reach.objects.get(contact=lea, channel="email").political


def test_a_chain_of_merges_comes_apart_in_any_order(
    lea: Contact, lea_again: Contact, book: Source, everything: Dump
) -> None:
    third = create_contact(
        source=book, by=None, first_name="Léa", last_name="Martin", phone="0639980001", email="l@example.org"
    )
    people = (lea, lea_again, third)
    before = everything(*people)
    first = merge(kept=lea_again, absorbed=third, by=None)  # their number is shared
    second = merge(kept=lea, absorbed=lea_again, by=None)
    assert present_id(third.pk) == lea.pk
    unmerge(merge=first, by=None)
    assert everything(third)["contacts_phonenumber"]
    unmerge(merge=second, by=None)
    assert everything(*people) == before


def test_what_a_later_merge_left_out_stays_when_an_earlier_one_is_undone(
    lea: Contact, lea_again: Contact, book: Source, everything: Dump
) -> None:
    third = create_contact(source=book, by=None, first_name="Léa", last_name="Martin", phone="0639980001")
    people = (lea, lea_again, third)
    before = everything(*people)
    first = merge(kept=lea, absorbed=lea_again, by=None)
    second = merge(kept=lea, absorbed=third, by=None)  # the same number, left out
    unmerge(merge=first, by=None)
    assert PhoneNumber.objects.get(contact=lea).e164 == "+33639980001"
    unmerge(merge=second, by=None)
    assert everything(*people) == before


def test_a_later_merge_gives_back_what_an_earlier_one_brought(
    lea: Contact, lea_again: Contact, book: Source, everything: Dump
) -> None:
    third = create_contact(source=book, by=None, first_name="L.", last_name="Martin", phone="0639980001")
    people = (lea, lea_again, third)
    before = everything(*people)
    first = merge(kept=lea, absorbed=lea_again, by=None)
    second = merge(kept=third, absorbed=lea, by=None)  # leaves out the number that the first one brought
    unmerge(merge=first, by=None)
    assert PhoneNumber.objects.get(contact=lea_again).is_primary
    unmerge(merge=second, by=None)
    assert everything(*people) == before


def test_a_mailing_reaches_the_person_once(lea: Contact, lea_again: Contact, campaign: Campaign) -> None:
    delivery(lea, campaign, "queued")
    delivery(lea_again, campaign, "queued", address="x@example.org", address_hash=b"x" * 32)
    other = Campaign.objects.create(name="Other", ledger_month=date(2026, 11, 1))
    delivery(lea_again, other, "queued")
    merge(kept=lea, absorbed=lea_again, by=None)
    assert Delivery.objects.get(contact=lea, campaign=campaign).state == DeliveryState.QUEUED
    second = Delivery.objects.get(contact_id=lea_again.pk)
    assert (second.campaign, second.state) == (campaign, DeliveryState.CANCELLED)
    assert second.settled_at is not None
    assert Delivery.objects.get(campaign=other).contact == lea


@pytest.mark.parametrize("state", ["claimed", "handed"])
def test_a_record_is_not_merged_while_a_message_leaves(
    lea: Contact, lea_again: Contact, campaign: Campaign, state: str
) -> None:
    delivery(lea_again, campaign, state, lease_until=timezone.now())
    with pytest.raises(MergeRefused, match="just leaving"):
        merge(kept=lea, absorbed=lea_again, by=None)
    assert Contact.objects.filter(pk=lea_again.pk).exists()


def test_two_electors_are_two_people(lea: Contact, lea_again: Contact) -> None:
    commune = Territory.objects.create(kind="commune", code="60057", name="Beauvais")
    roll = Source.objects.create(name="Roll", kind="roll", lawful_basis="public_roll", channels=["post"])

    def elector(person: Contact, name: str, born: date, identity: bytes) -> None:
        ElectoralRegistration.objects.create(
            contact=person, commune=commune, source=roll, birth_name=name, first_names="Léa", birth_date=born,
            identity=identity, roll_kind=1,
        )  # fmt: skip

    elector(lea, "MARTIN", date(1990, 1, 1), "1" * 32)
    elector(lea_again, "MARTIN", date(1990, 1, 2), "2" * 32)
    with pytest.raises(MergeRefused, match="another elector"):
        merge(kept=lea, absorbed=lea_again, by=None)
    ElectoralRegistration.objects.filter(contact=lea_again).update(birth_date=date(1990, 1, 1), roll_kind=2)
    merge(kept=lea, absorbed=lea_again, by=None)  # one European citizen on two lists
    assert ElectoralRegistration.objects.filter(contact=lea).count() == 2


@pytest.fixture
def electors(lea: Contact, lea_again: Contact) -> Callable[..., None]:
    """Link each of the two records to an elector, alike but for what is given of the second."""
    commune = Territory.objects.create(kind="commune", code="60057", name="Beauvais")
    roll = Source.objects.create(name="Roll", kind="roll", lawful_basis="public_roll", channels=["post"])

    def link(**second: Any) -> None:
        alike = {"birth_name": "MARTIN", "first_names": "Léa Marie Anne", "birth_date": date(1990, 1, 1)}
        alike |= {"birthplace_hash": b"b" * 32, "order_number": 12, "roll_kind": 1, "commune": commune}
        for number, (person, other) in enumerate(((lea, {}), (lea_again, second)), start=1):
            ElectoralRegistration.objects.create(
                contact=person, source=roll, identity=str(number) * 32, **(alike | other)
            )

    return link


@pytest.mark.parametrize(
    "second",
    [
        {"birthplace_hash": b"c" * 32, "order_number": 13},
        {"birthplace_hash": b"c" * 32, "roll_kind": 2},
        {"order_number": 13},
        {"first_names": "Léa Rose"},
        {"birth_name": "PETIT"},
    ],
    ids=lambda second: "-".join(second),
)
def test_electors_who_cannot_be_one_are_not_merged(
    lea: Contact, lea_again: Contact, electors: Callable[..., None], second: dict[str, Any]
) -> None:
    electors(**second)
    with pytest.raises(MergeRefused, match="another elector"):
        merge(kept=lea, absorbed=lea_again, by=None)


@pytest.mark.parametrize(
    "second",
    [
        {"first_names": "Léa", "order_number": 40, "roll_kind": 2},
        {
            "first_names": "Marie-Anne, Léa",
            "birthplace_hash": None,
            "left_on": date(2026, 1, 1),
            "order_number": 7,
        },
    ],
    ids=["another list with fewer forenames", "an older roll without birthplaces"],
)
def test_one_person_on_two_rolls_that_say_more_or_less_is_merged(
    lea: Contact, lea_again: Contact, electors: Callable[..., None], second: dict[str, Any]
) -> None:
    electors(**second)
    merge(kept=lea, absorbed=lea_again, by=None)
    assert ElectoralRegistration.objects.filter(contact=lea).count() == 2


def test_an_extra_field_is_the_one_that_was_chosen_and_both_keep_what_one_has(
    lea: Contact, lea_again: Contact
) -> None:
    update_contact(contact=lea, by=None, custom={"size": "M", "car": True})
    update_contact(contact=lea_again, by=None, custom={"size": "S", "since": "2024-01-01", "car": False})
    merge(kept=lea, absorbed=lea_again, by=None, fields={"extra_size": "absorbed"})
    lea.refresh_from_db()
    assert lea.custom == {"size": "S", "since": "2024-01-01", "car": True}


def test_a_household_put_right_by_hand_goes_before_a_computed_one(
    lea: Contact, lea_again: Contact, book: Source
) -> None:
    home = {"line1": "3 rue Haute", "postcode": "60000", "city": "Beauvais"}
    mother, friend = (
        create_contact(source=book, by=None, first_name=name, last_name=last)
        for name, last in (("Ana", "Martin"), ("Bob", "Petit"))
    )
    for person in (lea, mother):
        add_postal_address(contact=person, source=None, by=None, **home)
    refresh_all_households()
    right = join_household(contact=lea_again, other=friend, by=None)
    computed = HouseholdMember.objects.get(contact=lea)
    assert (computed.by_hand, HouseholdMember.objects.get(contact=mother).household) == (
        False, computed.household
    )  # fmt: skip
    done = merge(kept=lea, absorbed=lea_again, by=None)
    link = HouseholdMember.objects.get(contact=lea)
    assert (link.household, link.by_hand) == (right, True)
    assert not HouseholdMember.objects.filter(contact=mother).exists()  # nobody lives with her
    unmerge(merge=done, by=None)
    assert HouseholdMember.objects.get(contact=lea_again).household == right
    back = HouseholdMember.objects.get(contact=lea)
    assert (back.by_hand, back.household) == (False, HouseholdMember.objects.get(contact=mother).household)


def test_one_record_cannot_be_merged_with_itself_or_with_one_that_is_gone(
    lea: Contact, lea_again: Contact
) -> None:
    with pytest.raises(MergeRefused, match="one and the same"):
        merge(kept=lea, absorbed=lea, by=None)
    merge(kept=lea, absorbed=lea_again, by=None)
    with pytest.raises(MergeRefused, match="is gone"):
        merge(kept=lea, absorbed=lea_again, by=None)


def test_an_absorbed_record_is_found_under_its_old_number(lea: Contact, lea_again: Contact) -> None:
    done = merge(kept=lea, absorbed=lea_again, by=None)
    assert present_contact(lea_again.pk) == lea
    unmerge(merge=done, by=None)
    assert present_contact(lea_again.pk) == lea_again
    assert present_contact(999_999) is None


def test_decisions_follow_the_person_and_the_refusal_holds(
    lea: Contact, lea_again: Contact, book: Source
) -> None:
    twin = create_contact(source=book, by=None, first_name="Lou", last_name="Martin")
    DuplicatePair.objects.create(first=lea, second=twin, score=0.5, evidence={"name": "alike"})
    DuplicatePair.objects.create(first=lea, second=lea_again, score=0.9)
    keep_apart(one=twin, other=lea_again, by=None)
    done = merge(kept=lea, absorbed=lea_again, by=None)
    assert list(DuplicatePair.objects.values_list("first", "second", "state")) == [
        (lea.pk, twin.pk, DuplicatePair.State.DIFFERENT)
    ]
    unmerge(merge=done, by=None)
    found = set(DuplicatePair.objects.values_list("first", "second", "state"))
    assert (lea_again.pk, twin.pk, DuplicatePair.State.DIFFERENT) in found
    assert (lea.pk, lea_again.pk, DuplicatePair.State.DIFFERENT) in found


def test_not_the_same_can_be_taken_back(lea: Contact, lea_again: Contact) -> None:
    pair = keep_apart(one=lea_again, other=lea, by=None)
    assert (pair.first_id, pair.second_id) == (lea.pk, lea_again.pk)
    ask_again(pair=pair, by=None)
    pair.refresh_from_db()
    assert (pair.state, pair.decided_at) == (DuplicatePair.State.PENDING, None)


def test_a_list_or_tag_deleted_since_does_not_stop_an_undo(lea: Contact, lea_again: Contact) -> None:
    tag = tag_named("Volunteer")
    for person in (lea, lea_again):
        add_tag(contact=person, tag=tag, by=None)
    done = merge(kept=lea, absorbed=lea_again, by=None)
    tag.delete()
    restored = unmerge(merge=done, by=None)
    assert not restored.tag_links.exists()


def test_an_erased_person_is_not_taken_apart(lea: Contact, lea_again: Contact) -> None:
    done = merge(kept=lea, absorbed=lea_again, by=None)
    Contact.objects.filter(pk=lea.pk).update(erased_at=timezone.now())
    with pytest.raises(MergeRefused, match="erased"):
        unmerge(merge=done, by=None)
    assert Merge.objects.get().undone_at is None


def test_a_main_number_of_the_absorbed_record_is_not_a_second_main_one(
    lea: Contact, lea_again: Contact
) -> None:
    add_phone(contact=lea, number="0639980009", source=None, by=None)
    done = merge(kept=lea, absorbed=lea_again, by=None)
    assert list(PhoneNumber.objects.filter(contact=lea, is_primary=True).values_list("e164", flat=True)) == [
        "+33639980009"
    ]
    restored = unmerge(merge=done, by=None)
    assert restored.phonenumber_set.get().is_primary
