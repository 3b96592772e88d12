"""Which pairs wait for a review and which never do; decisions hold; nothing is left dangling."""

from datetime import date

import pytest
from django.core.management import call_command

from campaign_crm.platform.crypto import keyed_hash
from contacts.duplicates import candidates
from contacts.duplicates.evidence import in_words
from contacts.duplicates.finding import find_all_pairs, find_pairs
from contacts.merging.pairs import ask_again, keep_apart
from contacts.models import Contact, DuplicatePair, EmailAddress, PhoneNumber, PostalAddress, Territory

pytestmark = pytest.mark.django_db

BORN = date(1980, 5, 17)


@pytest.fixture
def beauvais() -> Territory:
    return Territory.objects.create(kind="commune", code="60057", name="Beauvais")


@pytest.fixture
def creil() -> Territory:
    return Territory.objects.create(kind="commune", code="60175", name="Creil")


@pytest.fixture
def person():
    """Somebody with the facts that a test gives; `email`, `mobile`, `landline` and `street` are points."""

    def make(
        first="Léa", last="Martinez", *, email="", mobile="", landline="", street="", **fields
    ) -> Contact:
        made = Contact.objects.create(first_name=first, last_name=last, **fields)
        if email:
            EmailAddress.objects.create(contact=made, address=email, normalised=email)
        for number, line in ((mobile, "mobile"), (landline, "fixed")):
            if number:
                PhoneNumber.objects.create(contact=made, e164=number, line=line, is_primary=line == "mobile")
        if street:
            PostalAddress.objects.create(contact=made, line1=street, postcode="60000", city="Beauvais")
        return made

    return make


def found() -> list[dict[str, str]]:
    """The evidence of the pairs that wait, after a look at everyone."""
    find_all_pairs()
    return [pair.evidence for pair in DuplicatePair.objects.filter(state="pending").order_by("pk")]


AT, CALLED, LANDLINE = "lea@example.org", "+33639981234", "+33199001234"
HOME = "12 rue des Lilas"


@pytest.mark.parametrize(
    ("one", "other", "evidence"),
    [
        (
            {"first": "Catherine", "email": AT},
            {"first": "Cathy", "email": AT},
            {"names": "short_form", "email": "same"},
        ),
        ({"email": AT}, {"last": "Matrinez", "email": AT}, {"names": "alike", "email": "same"}),
        (
            {"mobile": CALLED},
            {"last": "Durand", "mobile": CALLED},
            {"names": "last_name_differs", "mobile": "same"},
        ),
        ({"birth_date": BORN}, {"birth_date": BORN}, {"names": "same", "birth_date": "same"}),
        (
            {"birth_date": BORN, "street": HOME},
            {"birth_date": date(1980, 5, 18), "street": HOME},
            {"names": "same", "birth_date": "alike", "address": "same"},
        ),
        (
            {"email": "lea.martinez7@example.org"},
            {"email": "lea.martinez7@example.com"},
            {"names": "same", "email": "alike"},
        ),
        (
            {"first": "Pascale", "email": AT, "mobile": CALLED},
            {"first": "Pascal", "email": AT, "mobile": CALLED},
            {"names": "first_name_differs", "email": "same", "mobile": "same"},
        ),
        ({"first": "", "email": AT}, {"email": AT}, {"names": "part", "email": "same"}),
    ],
    ids=[
        *["short form", "slip", "another last name", "homonyms of one day", "day wrong", "domain"],
        *["letter too many", "half a name"],
    ],
)
def test_what_is_probable_waits_with_its_evidence(person, one, other, evidence) -> None:
    person(**one)
    person(**other)
    assert found() == [evidence]
    assert all(clue.words for clue in in_words(evidence))
    assert len(in_words(evidence)) == len(evidence)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"email": AT, "street": HOME}, {"first": "Paul", "email": AT, "street": HOME}),
        ({"mobile": CALLED}, {"first": "Paul", "mobile": CALLED}),
        (
            {"first": "Marie", "birth_date": BORN, "street": HOME, "email": AT},
            {"first": "Marine", "birth_date": BORN, "street": HOME, "email": AT},
        ),
        (
            {"birth_date": BORN, "street": HOME, "landline": LANDLINE},
            {"birth_date": date(2004, 1, 2), "street": HOME, "landline": LANDLINE},
        ),
        (
            {"birth_date": BORN, "birthplace_hash": keyed_hash("birthplace", "FR/60057")},
            {"birth_date": BORN, "birthplace_hash": keyed_hash("birthplace", "FR/60175")},
        ),
        ({"gender": "F", "email": AT}, {"first": "Lea", "last": "Matrinez", "gender": "M"}),
        ({"first": "Michel", "gender": "M", "mobile": CALLED}, {"last": "Durand", "mobile": CALLED}),
        ({}, {"last": "Durand"}),
    ],
    ids=[
        *["couple at one e-mail", "couple with one mobile", "twins", "a parent and a child of one name"],
        *[
            "homonyms born elsewhere",
            "another sex and nothing shared",
            "strangers with one mobile",
            "a forename",
        ],
    ],
)
def test_who_is_certainly_two_is_never_queued(person, one, other) -> None:
    person(**one)
    person(**other)
    assert found() == []


def test_a_name_in_one_commune_waits_and_in_another_does_not(person, beauvais, creil) -> None:
    person(commune=beauvais)
    person(commune=beauvais)
    person(commune=creil, email=AT)
    assert found() == [{"names": "same", "commune": "same"}]


def test_an_arrondissement_is_in_its_city(person) -> None:
    paris = Territory.objects.create(kind="commune", code="75056", name="Paris")
    part = Territory.objects.create(kind="municipal_arrondissement", code="75115", name="15e", parent=paris)
    person(commune=paris, birth_date=BORN)
    person(commune=part, birth_date=BORN)
    assert found() == [{"names": "same", "birth_date": "same", "commune": "same"}]


def test_the_surer_pair_comes_first(person) -> None:
    person(email=AT, mobile=CALLED, birth_date=BORN)
    near = person(email=AT, mobile=CALLED)
    far = person(birth_date=BORN, email="other@example.org")
    find_all_pairs()
    order = (
        DuplicatePair.objects.filter(first__lt=near).order_by("-score").values_list("second_id", flat=True)
    )
    assert list(order) == [near.pk, far.pk]
    assert all(0 < score <= 1 for score in DuplicatePair.objects.values_list("score", flat=True))


def test_not_the_same_is_remembered_until_it_is_taken_back(person) -> None:
    one, other = person(email=AT), person(last="Matrinez", email=AT)
    pair = keep_apart(one=one, other=other, by=None)
    assert found() == []
    ask_again(pair=pair, by=None)
    assert found() == [{"names": "alike", "email": "same"}]
    assert DuplicatePair.objects.get() == pair


def test_looking_again_brings_the_evidence_up_to_date_and_counts_nothing_new(person) -> None:
    one, other = person(email=AT), person(last="Matrinez", email=AT)
    assert find_pairs([one.pk]) == 1
    PhoneNumber.objects.create(contact=one, e164=CALLED, line="mobile")
    PhoneNumber.objects.create(contact=other, e164=CALLED, line="mobile")
    assert find_pairs([other.pk]) == 0
    assert DuplicatePair.objects.get().evidence == {"names": "alike", "email": "same", "mobile": "same"}


def test_a_pair_that_is_none_any_more_goes_and_one_that_still_is_stays(person) -> None:
    one, other = person(email=AT), person(last="Matrinez", email=AT)
    wrong = person(first="Léo", last="Martinez", email=AT, mobile=CALLED)
    near = DuplicatePair.objects.create(first=one, second=wrong, score=0.9, evidence={"names": "same"})
    apart = DuplicatePair.objects.create(first=other, second=wrong, state="different")
    find_pairs([one.pk])
    assert not DuplicatePair.objects.filter(pk=near.pk).exists()
    assert DuplicatePair.objects.get(state="pending").second == other
    assert DuplicatePair.objects.filter(pk=apart.pk).exists()
    Contact.objects.filter(pk=other.pk).update(first_name="Paul")
    find_pairs([other.pk])
    assert not DuplicatePair.objects.filter(state="pending").exists()


def test_stubs_and_erased_people_are_in_no_pair(person) -> None:
    person(email=AT)
    person(last="Matrinez", email=AT, is_stub=True)
    person(last="Marinez", email=AT, erased_at="2026-01-01T00:00Z")
    assert found() == []


def test_an_address_that_many_share_says_nothing(person) -> None:
    for number in range(candidates.LIMITS["address"] + 2):
        person(last=f"Martinez{'abcdefghijklmnopq'[number]}", email="mairie@example.org")
    assert candidates.candidate_pairs([Contact.objects.earliest("pk").pk]) == []


def test_whoever_looks_like_many_gets_the_three_best(person) -> None:
    asked = person(birth_date=BORN)
    for number in range(5):
        person(birth_date=BORN, email=f"lea{number}@example.org")
    find_pairs([asked.pk])
    assert DuplicatePair.objects.count() == 3


def test_the_command_looks_at_everyone(person, capsys) -> None:
    person(email=AT)
    person(last="Matrinez", email=AT)
    call_command("find_duplicates")
    assert "1 new pairs, 1 waiting" in capsys.readouterr().out


def crowd(count: int, first: str = "Jo", last: str = "Martaux", **fields) -> None:
    """Strangers who begin like the two of a test."""
    Contact.objects.bulk_create(
        Contact(first_name=f"{first}{'abcdefghij'[n % 10]} {n}", last_name=last, **fields)
        for n in range(count)
    )


def pairs_of(person: Contact) -> list[tuple[int, int]]:
    find_pairs([person.pk])
    return list(DuplicatePair.objects.order_by("pk").values_list("first_id", "second_id"))


def test_in_a_commune_of_many_a_name_is_compared_with_those_that_begin_the_same(person, beauvais) -> None:
    one = person("Jean", "Martin", commune=beauvais)
    other = person("Jean-Luc", "Martin", commune=beauvais)
    crowd(candidates.LIMITS["place"] + 20, commune=beauvais)
    assert pairs_of(one) == [(one.pk, other.pk)]


def test_a_day_that_many_have_is_narrowed_by_the_name(person) -> None:
    day = date(1980, 1, 1)
    one, other = (person("Jean", last, birth_date=day) for last in ("Martinez", "Martines"))
    crowd(candidates.LIMITS["day"] + 20, last="Durand", birth_date=day)
    assert pairs_of(one) == [(one.pk, other.pk)]


def test_a_mailbox_that_many_have_is_narrowed_by_the_name(person) -> None:
    one = person("Jeanne", "Martin", email="famille@example.org")
    other = person("Jeane", "Martin", email="famille@example.org")
    for number in range(candidates.LIMITS["address"] + 2):
        person("Ana", f"Zed {number}", email="famille@example.org")
    assert pairs_of(one) == [(one.pk, other.pk)]


def test_a_block_that_is_too_large_even_so_is_told(person, beauvais, caplog) -> None:
    one = person("Jean", "Martin", commune=beauvais)
    crowd(candidates.LIMITS["place"] + 20, first="Jean", last="Martin", commune=beauvais)
    assert pairs_of(one) == []
    assert "1 of 1 people share something with too many" in caplog.text


@pytest.mark.parametrize(("one", "other"), [("St Martin", "Saint-Martin"), ("Sainte Marie", "Ste-Marie")])
def test_saints_are_one_name_however_they_are_written(person, beauvais, one, other) -> None:
    people = [person("Jean", last, commune=beauvais).pk for last in (one, other)]
    find_pairs(people[:1])
    assert list(DuplicatePair.objects.values_list("first_id", "second_id")) == [tuple(people)]
