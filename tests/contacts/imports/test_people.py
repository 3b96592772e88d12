"""Address books and brokers' files: who is one person, what each file adds, and what it may not touch."""

from datetime import UTC, date, datetime

import pytest

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.jobs import run_job
from contacts.folding import fold
from contacts.imports.choices import set_mapping
from contacts.imports.errors import ImportProblem
from contacts.imports.reasons import sentence
from contacts.imports.service import enqueue_preview, enqueue_run, start_import
from contacts.models import (
    Consent,
    Contact,
    ContactSource,
    ContactTag,
    CustomField,
    EmailAddress,
    Import,
    ImportChange,
    ImportReject,
    List,
    PhoneNumber,
    PostalAddress,
    Reach,
    Source,
    Suppression,
)
from contacts.services.people import update_contact
from tests.support.imports import counted, fingerprint, import_file, preview, write_rows

# That the file said it too is kept, so that the other one can be undone.
WITNESSED = "contacts_importconfirmation"
pytestmark = pytest.mark.django_db

HEADER = ["Prénom", "Nom", "Email", "Mobile", "Date de naissance", "Adresse", "CP", "Ville"]


@pytest.fixture(autouse=True)
def _places(places):
    """Every test of this module has the places."""


@pytest.fixture
def second(db) -> Source:
    return Source.objects.create(
        name="Second", kind="address_book", lawful_basis="legitimate_interest", channels=["email"]
    )


@pytest.fixture
def book_file(tmp_path):
    def write(*people, header=HEADER, name="book.csv", **options):
        rows = [list(header), *([*one, *[""] * (len(header) - len(one))] for one in people)]
        return write_rows(tmp_path / name, rows, **options)

    return write


def import_book(path, source, **options):
    return import_file(path, kind="address-book", source=source, **options)


HOME = ("12 rue des Lilas", "60000", "Beauvais")
LEA = ("Léa", "Martin", "Lea.Martin@Example.org", "06 39 98 12 34", "17/05/1980", *HOME)


def test_a_row_becomes_a_person_with_everything_it_says(book_file, book) -> None:
    run = import_book(book_file(LEA), book)
    assert counted(run, "rows", "new", "updated") == {"rows": 1, "new": 1, "updated": 0}
    person = Contact.objects.get()
    assert (person.first_name, person.last_name, person.birth_date) == ("Léa", "Martin", date(1980, 5, 17))
    assert (person.commune.name, person.relationship) == ("Beauvais", "occasional")
    assert person.created_by_import == run
    email = EmailAddress.objects.get(contact=person)
    assert (email.address, email.normalised) == ("Lea.Martin@Example.org", "lea.martin@example.org")
    assert email.is_primary
    phone = PhoneNumber.objects.get(contact=person)
    assert (phone.e164, phone.line, phone.source) == ("+33639981234", "mobile", book)
    home = PostalAddress.objects.get(contact=person)
    assert (home.line1, home.postcode, home.city) == HOME
    assert home.commune == person.commune
    assert ContactSource.objects.get(contact=person).source == book
    reach = dict(Reach.objects.filter(contact=person).values_list("channel", "political"))
    assert reach == {"email": True, "sms": True, "call": False, "post": False}


def test_the_same_file_twice_changes_nothing(book_file, book) -> None:
    people = [LEA, ("Jean", "Petit"), ("", "", "only@example.org"), ("Zoé", "", "", "06 39 98 00 01")]
    import_book(book_file(*people), book)
    before = fingerprint(WITNESSED)
    again = import_book(book_file(*people[::-1], name="shuffled.csv"), book)
    assert fingerprint(WITNESSED) == before
    assert counted(again, "new", "updated", "unchanged") == {"new": 0, "updated": 0, "unchanged": 4}


def test_a_person_whom_staff_renamed_is_still_the_same_row(book_file, book) -> None:
    import_book(book_file(LEA), book)
    update_contact(contact=Contact.objects.get(), last_name="Durand", by=None)
    again = import_book(book_file(LEA), book)
    assert counted(again, "new", "unchanged") == {"new": 0, "unchanged": 1}
    assert Contact.objects.get().last_name == "Durand"


def test_two_files_that_name_one_person_give_one_person_with_two_sources(book_file, book, second) -> None:
    import_book(book_file(LEA[:3]), book)
    run = import_book(book_file(("LÉA", "MARTIN", "lea.martin@example.org", "06 39 98 55 55")), second)
    assert counted(run, "new", "updated") == {"new": 0, "updated": 1}
    person = Contact.objects.get()
    assert set(person.source_links.values_list("source__name", flat=True)) == {"Book", "Second"}
    assert (person.first_name, person.last_name) == ("Léa", "Martin")
    assert PhoneNumber.objects.get(contact=person).source == second


@pytest.mark.parametrize(
    "other",
    [
        ("Paul", "Martin", "lea.martin@example.org"),
        ("Léa", "Petit", "lea.martin@example.org"),
        ("Léa", "Martin", "lea.martin@example.org", "", "01/01/2005"),
    ],
    ids=["another first name", "another last name", "another birth date"],
)
def test_a_shared_address_alone_never_makes_two_people_one(book_file, book, second, other) -> None:
    import_book(book_file(LEA), book)
    run = import_book(book_file(other), second)
    assert run.counts["new"] == 1
    assert Contact.objects.count() == 2


def test_names_may_be_swapped_capitals_or_in_one_column(book_file, book, second) -> None:
    import_book(book_file(LEA[:3]), book)
    import_book(book_file(("MARTIN", "LEA", "lea.martin@example.org")), second)
    import_book(book_file(("MARTIN Léa", "lea.martin@example.org"), header=["Nom complet", "E-mail"]), second)
    assert Contact.objects.count() == 1


def test_same_name_and_mobile_is_the_same_person_and_the_main_address_stays(book_file, book, second) -> None:
    import_book(book_file(LEA), book)
    import_book(book_file(("Léa", "Martin", "new@example.org", "0639981234")), second)
    person = Contact.objects.get()
    assert set(person.emailaddress_set.values_list("normalised", flat=True)) == {
        "lea.martin@example.org",
        "new@example.org",
    }
    assert person.emailaddress_set.get(is_primary=True).normalised == "lea.martin@example.org"


def test_an_address_without_a_name_belongs_to_the_only_person_who_has_it(book_file, book, second) -> None:
    import_book(book_file(LEA[:3]), book)
    run = import_book(book_file(("lea.martin@example.org",), header=["email"]), second)
    assert counted(run, "new", "updated") == {"new": 0, "updated": 1}


def test_an_address_without_a_name_that_two_people_share_is_nobody_of_them(book_file, book, second) -> None:
    import_book(book_file(LEA[:3], ("Paul", "Martin", "lea.martin@example.org")), book)
    run = import_book(book_file(("lea.martin@example.org",), header=["email"]), second)
    assert counted(run, "new", "updated") == {"new": 1, "updated": 0}
    before = fingerprint(WITNESSED)
    import_book(book_file(("lea.martin@example.org",), header=["email"]), second)
    assert fingerprint(WITNESSED) == before


def test_a_name_fills_the_person_who_had_an_address_only(book_file, book, second) -> None:
    import_book(book_file(("lea.martin@example.org",), header=["email"]), book)
    import_book(book_file(LEA), second)
    person = Contact.objects.get()
    assert (person.first_name, person.last_name) == ("Léa", "Martin")


def test_one_person_on_several_lines_is_one(book_file, book) -> None:
    second_line = ("Léa", "Martin", "lea.martin@example.org", "06 39 98 55 55")
    path = book_file(LEA[:3], second_line, ("", "", "lea.martin@example.org"))
    run = import_book(path, book)
    assert counted(run, "rows", "new", "duplicate") == {"rows": 3, "new": 1, "duplicate": 2}
    assert PhoneNumber.objects.get().e164 == "+33639985555"


def test_a_father_and_his_son_with_one_name_and_one_address_are_two(book_file, book) -> None:
    father = ("Jean", "Petit", "petit@example.org", "", "01/02/1950")
    son = ("Jean", "Petit", "petit@example.org", "", "03/04/1980")
    run = import_book(book_file(father, son), book)
    assert run.counts["new"] == 2
    before = fingerprint(WITNESSED)
    import_book(book_file(father, son), book)
    assert fingerprint(WITNESSED) == before


def test_blanks_are_filled_and_values_are_kept(book_file, book, second) -> None:
    import_book(book_file(("Léa", "Martin", "lea.martin@example.org")), book)
    more = ("LÉA", "MARTIN", "lea.martin@example.org", "", "17/05/1980", "1 rue Haute", "60100", "Creil")
    path = book_file(more)
    run = import_book(path, second)
    person = Contact.objects.get()
    assert (person.first_name, person.birth_date, person.commune.name) == ("Léa", date(1980, 5, 17), "Creil")
    change = ImportChange.objects.get(import_run=run)
    assert change.before == {"birth_date": None, "commune_id": None}
    assert change.after == {"birth_date": "1980-05-17", "commune_id": person.commune_id}


def test_a_better_source_replaces_a_value_but_not_what_staff_wrote(book_file, book) -> None:
    import_book(book_file(("lea", "martin", "lea.martin@example.org")), book)
    best = Source.objects.create(name="Members", kind="hand", lawful_basis="member", rank=10)
    update_contact(contact=Contact.objects.get(), first_name="LEA", by=None)
    import_book(book_file(LEA[:3]), best)
    person = Contact.objects.get()
    assert (person.first_name, person.last_name, person.relationship) == ("LEA", "Martin", "member")


def test_bad_values_are_left_out_and_a_row_without_a_use_is_refused(book_file, book) -> None:
    path = book_file(
        ("Léa", "Martin", "lea at example", "06 39 98 12 34"),
        ("Paul", "Petit", "nothing@", "12"),
        ("", "", "", "", "", "1 rue Haute", "60100", "Creil"),
    )
    run = import_book(path, book)
    assert counted(run, "new", "rejected", "left_out") == {"new": 1, "rejected": 2, "left_out": 1}
    assert list(ImportReject.objects.order_by("line").values_list("line", "reasons")) == [
        (2, ["bad_email:lea at example", "rest_taken"]),
        (3, ["bad_email:nothing@", "bad_phone:12"]),
        (4, ["nobody"]),
    ]


EXTRA = {
    "size": ("number", [], "1 234,5"),
    "joined": ("date", [], "03/02/2025"),
    "car": ("boolean", [], "Oui"),
    "when": ("choice", ["En semaine", "Le soir"], "LE SOIR"),
    "nickname": ("text", [], "12"),
}


def import_extra(path, source):
    columns = ["first_name", "last_name", *(f"custom.{key}" for key in EXTRA)]
    return import_book(path, source, mapping=dict(enumerate(columns)))


@pytest.fixture
def extra_fields(db) -> None:
    for key, (kind, choices, _text) in EXTRA.items():
        CustomField.objects.create(key=key, label=key.title(), kind=kind, choices=choices)


def test_extra_fields_are_read_by_their_kind(book_file, book, extra_fields) -> None:
    path = book_file(
        ("Léa", "Martin", *(text for _kind, _choices, text in EXTRA.values())),
        ("Paul", "Petit", "big", "31/02/2025", "perhaps", "Never", "Paulo"),
        header=["Prénom", "Nom", *EXTRA],
    )
    run = import_extra(path, book)
    people = dict(Contact.objects.values_list("first_name", "custom"))
    assert people == {
        "Léa": {
            "size": 1234.5,
            "joined": "2025-02-03",
            "car": True,
            "when": "Le soir",
            "nickname": "12",
        },
        "Paul": {"nickname": "Paulo"},
    }
    assert counted(run, "new", "rejected", "left_out", "duplicate") == {
        "new": 2, "rejected": 0, "left_out": 4, "duplicate": 0
    }  # fmt: skip
    (told,) = ImportReject.objects.all()
    assert [sentence(kept) for kept in told.reasons] == [
        "“Size: big” is not a number",
        "“Joined: 31/02/2025” is not a date",
        "“Car: perhaps” is neither yes nor no",
        "“When: Never” is none of the choices of this extra field",
        "the rest of this row was taken",
    ]


def test_consents_come_with_the_source_and_with_the_row(book_file, book) -> None:
    header = ["Prénom", "Nom", "Email", "Mobile", "Optin email", "Optin SMS", "Date de consentement"]
    path = book_file(
        ("Léa", "Martin", "lea@example.org", "06 39 98 12 34", "oui", "non", "03/02/2025"),
        ("Paul", "Petit", "paul@example.org"),
        header=header,
    )
    import_book(path, book)
    said = set(Consent.objects.values_list("contact__first_name", "channel", "given", "purpose"))
    assert said == {
        ("Léa", "email", True, "messages"),
        ("Léa", "sms", False, "messages"),
    }
    dated = Consent.objects.get(contact__first_name="Léa", channel="email")
    assert dated.at == datetime(2025, 2, 3, tzinfo=UTC)
    assert dated.proof == {"import": dated.created_by_import_id, "line": 2}
    assert ContactSource.objects.get(contact__first_name="Léa").collected_on == date(2025, 2, 3)


def test_an_import_never_goes_against_a_refusal(book_file, book) -> None:
    import_book(book_file(("Léa", "Martin", "lea@example.org")), book)
    person = Contact.objects.get()
    Consent.objects.create(contact=person, channel="email", purpose="messages", given=False)
    import_book(book_file(("Léa", "Martin", "lea@example.org", "06 39 98 12 34")), book)
    newest = Consent.objects.filter(contact=person, channel="email").order_by("-at", "-id").first()
    assert newest.given is False
    assert Reach.objects.get(contact=person, channel="email").political is False


def test_people_of_a_source_without_a_basis_are_there_and_reached_by_nothing(book_file) -> None:
    nothing = Source.objects.create(name="Found", kind="address_book", lawful_basis="none")
    import_book(book_file(LEA), nothing)
    assert set(Reach.objects.values_list("political", "reason")) == {(False, "no_basis")}
    assert not Consent.objects.exists()


def test_a_brokers_file_gives_no_consent_of_the_persons_own(book_file) -> None:
    broker = Source.objects.create(
        name="Exempla",
        kind="broker_purchase",
        lawful_basis="consent",
        channels=["email"],
        supplier="Exempla",
        consent_wording="I agree.",
        proof="Contract",
    )
    header = ["CIVILITE", "NOM", "PRENOM", "ADR_MAIL", "OPTIN_EMAIL"]
    agreeing = ("Mme", "MARTIN", "Léa", "lea@example.org", "oui")
    path = book_file(agreeing, ("M.", "PETIT", "Paul", "paul@example.org", "non"), header=header)
    import_file(path, kind="broker", source=broker)
    assert list(Consent.objects.values_list("contact__last_name", "given")) == [("PETIT", False)]
    reasons = dict(Reach.objects.filter(channel="email").values_list("contact__last_name", "reason"))
    assert reasons == {"MARTIN": "broker_only", "PETIT": "withdrawn"}


def test_tags_and_a_list_may_be_given_to_everyone(book_file, book) -> None:
    chosen = List.objects.create(name="Guests")
    header = ["Prénom", "Nom", "Email", "Tags"]
    path = book_file(("Léa", "Martin", "lea@example.org", "Élus ; Presse"), header=header)
    run = start_import(file=path, file_name="book.csv", kind="address-book", source=book, by=None)
    mapping = {int(index): key for index, key in run.mapping.items()}
    set_mapping(run=run, mapping=mapping, options={"tags": ["elus", "Oise"], "list": chosen.pk}, by=None)
    run_job(enqueue_preview(run=run, by=None).pk)
    run.refresh_from_db()
    run_job(enqueue_run(run=run, by=None).pk)
    assert {fold(name) for name in ContactTag.objects.values_list("tag__name", flat=True)} == {
        "presse",
        "oise",
        "elus",
    }
    assert chosen.memberships.count() == 1


def test_a_file_puts_nobody_on_a_list_that_people_join_themselves(book_file, book) -> None:
    joined = List.objects.create(name="Committee", targeting_class="subscription")
    run = start_import(file=book_file(LEA), file_name="book.csv", kind="address-book", source=book, by=None)
    mapping = {int(index): key for index, key in run.mapping.items()}
    for refused, words in ((joined.pk, "People join “Committee” themselves"), (joined.pk + 1, "not exist")):
        with pytest.raises(ImportProblem, match=words):
            set_mapping(run=run, mapping=mapping, options={"list": refused}, by=None)
    Import.objects.filter(pk=run.pk).update(options={"list": joined.pk})  # chosen before it was refused
    run.refresh_from_db()
    with pytest.raises(ImportProblem, match="People join"):
        enqueue_preview(run=run, by=None)


def test_an_erased_person_is_not_matched(book_file, book, second) -> None:
    import_book(book_file(LEA), book)
    Contact.objects.update(erased_at=datetime(2026, 1, 1, tzinfo=UTC))
    run = import_book(book_file(LEA), second)
    assert run.counts["new"] == 1


def test_a_suppressed_address_stays_suppressed(book_file, book) -> None:
    hashed = keyed_hash("email", "lea.martin@example.org")
    Suppression.objects.create(address_hash=hashed, channel="email", scope="political", reason="unsubscribe")
    import_book(book_file(LEA), book)
    reach = Reach.objects.get(channel="email")
    assert (reach.political, reach.reason) == (False, "suppressed")


def test_the_preview_counts_what_the_run_does_and_writes_nothing(book_file, book, second) -> None:
    import_book(book_file(LEA, ("Jean", "Petit", "jean@example.org")), book)
    before = fingerprint()
    more = (("Zoé", "Roy", "zoe@example.org"), ("", "", "", "", "", "1 rue Haute"), ("Anne",))
    path = book_file(LEA, ("Jean", "Petit", "jean@example.org"), *more)
    planned = preview(path, kind="address-book", source=book)
    assert fingerprint() == before
    done = import_book(path, book)
    names = ("rows", "new", "updated", "unchanged", "duplicate", "rejected")
    assert {name: planned.preview[name] for name in names} == counted(done, *names)
