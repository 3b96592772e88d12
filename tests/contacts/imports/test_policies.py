"""What an import does to what is known: by field, as was chosen; and only in the territory chosen."""

import pytest

from campaign_crm.platform.jobs import run_job
from contacts.imports.choices import set_mapping
from contacts.imports.people.policy import GROUPS, POLICY_LABELS, Policy
from contacts.imports.service import enqueue_preview, enqueue_run, start_import, undo_import
from contacts.merging.service import merge
from contacts.models import Contact, CustomField, Import, Source, Suppression, Territory
from contacts.services.people import update_contact
from tests.support.imports import counted, write_rows

pytestmark = pytest.mark.django_db

HEADER = [
    "Langue",
    "Prénom",
    "Nom",
    "Email",
    "Date de naissance",
    "Date de collecte",
    "CP",
    "Ville",
    "Statut",
]


@pytest.fixture(autouse=True)
def _places(places):
    """Every test of this module has the places."""


@pytest.fixture
def better(db) -> Source:
    return Source.objects.create(name="Better", kind="form", lawful_basis="consent", rank=10, channels=[])


@pytest.fixture
def worse(db) -> Source:
    return Source.objects.create(name="Worse", kind="form", lawful_basis="consent", rank=90, channels=[])


@pytest.fixture
def load(tmp_path):
    """Import rows with options of the columns step; the fifth column on may be left out."""

    def run(source: Source, *rows: list[str], header=HEADER, mapping=None, **options) -> Import:
        table = [header, *([*row, *[""] * (len(header) - len(row))] for row in rows)]
        path = write_rows(tmp_path / "file.csv", table)
        begun = start_import(file=path, file_name=path.name, kind="address-book", source=source, by=None)
        mapping = mapping or {int(index): field for index, field in begun.mapping.items()}
        set_mapping(run=begun, mapping=mapping, options=options, by=None)
        run_job(enqueue_preview(run=begun, by=None).pk)
        begun.refresh_from_db()
        run_job(enqueue_run(run=begun, by=None).pk)
        begun.refresh_from_db()
        assert begun.state == Import.State.DONE, begun.error
        return begun

    return run


OLD = ["en", "Lea", "Martin", "lea@example.org", "", "2024-01-01", "60000", "Beauvais"]
NEW = ["de", "Léa", "Martin", "lea@example.org", "", "2025-01-01", "75001", "Paris"]


def person() -> tuple[str, str, str]:
    contact = Contact.objects.get()
    return contact.language, contact.first_name, contact.commune.name[:5]


@pytest.mark.parametrize(
    ("policy", "changes"),
    [(Policy.BLANKS, False), (Policy.BETTER, False), (Policy.NEWER, True), (Policy.REPLACE, True)],
)
def test_a_later_file_of_a_worse_source(load, better, worse, policy, changes) -> None:
    load(better, OLD)
    run = load(worse, NEW, policies=dict.fromkeys(GROUPS, policy.value))
    assert person() == (("de", "Léa", "Paris") if changes else ("en", "Lea", "Beauv"))
    run_job(undo_import(run=run, by=None).pk)
    assert person() == ("en", "Lea", "Beauv")


@pytest.mark.parametrize(
    ("policy", "changes"),
    [(Policy.BLANKS, False), (Policy.BETTER, True), (Policy.NEWER, False), (Policy.REPLACE, True)],
)
def test_an_earlier_file_of_a_better_source(load, better, worse, policy, changes) -> None:
    load(worse, NEW)
    load(better, OLD, policies=dict.fromkeys(GROUPS, policy.value))
    assert person() == (("en", "Lea", "Beauv") if changes else ("de", "Léa", "Paris"))


def test_each_field_has_its_own_policy(load, better, worse) -> None:
    load(better, OLD)
    load(worse, NEW, policies={"language": "replace", "names": "blanks", "commune": "newer"})
    assert person() == ("de", "Lea", "Paris")


@pytest.mark.parametrize(("policy", "kept"), [("newer", True), ("better", True), ("replace", False)])
def test_what_was_typed_by_hand_gives_way_to_replace_only(load, better, worse, policy, kept) -> None:
    load(worse, OLD)
    update_contact(contact=Contact.objects.get(), language="br", by=None)
    load(better, NEW, policies={"language": policy})
    assert person()[0] == ("br" if kept else "de")


def test_extra_fields_follow_their_policy_one_by_one(load, worse) -> None:
    CustomField.objects.create(key="hobby", label="Loisir", kind="text")
    CustomField.objects.create(key="job", label="Métier", kind="text")
    header, mapping = ["Email", "Loisir", "Métier"], {0: "email", 1: "custom.hobby", 2: "custom.job"}
    load(worse, ["lea@example.org", "voile", ""], header=header, mapping=mapping)
    load(worse, ["lea@example.org", "chant", "juge"], header=header, mapping=mapping)
    assert Contact.objects.get().custom == {"hobby": "voile", "job": "juge"}
    replace = {"extra": "replace"}
    load(worse, ["lea@example.org", "chant", ""], header=header, mapping=mapping, policies=replace)
    assert Contact.objects.get().custom == {"hobby": "chant", "job": "juge"}


def test_only_rows_of_the_chosen_territory_are_taken(load, better) -> None:
    oise = Territory.objects.get(kind="department", code="60")
    elsewhere = ["M", "Jean", "Petit", "jean@example.org", "", "", "75001", "Paris"]
    unknown = ["M", "Zoé", "Roy", "zoe@example.org"]
    left = ["M", "Ada", "Bel", "ada@example.org", "", "", "75001", "Paris", "Désabonné"]
    header = [*HEADER[:-1], "Statut de l'abonnement"]
    run = load(better, OLD, elsewhere, unknown, left, header=header, scope=oise.pk)
    assert counted(run, "rows", "new", "outside", "rejected", "duplicate") == {
        "rows": 4, "new": 1, "outside": 3, "rejected": 0, "duplicate": 0,
    }  # fmt: skip
    assert Contact.objects.get().first_name == "Lea"
    assert Suppression.objects.count() == 1  # whoever left is obeyed, wherever they live


def test_every_policy_has_a_name_on_screen() -> None:
    assert set(POLICY_LABELS) == set(Policy)


def test_nothing_is_left_of_a_file_that_is_all_outside(load, better) -> None:
    paris = Territory.objects.get(kind="department", code="75")
    run = load(better, OLD, scope=paris.pk)
    assert counted(run, "rows", "new", "outside") == {"rows": 1, "new": 0, "outside": 1}
    assert not Contact.objects.exists()


def test_what_was_chosen_when_two_records_were_merged_stays(load, better, worse) -> None:
    load(worse, ["de", "Léa", "Martin", "lea@example.org", "", "2023-01-01"])
    kept = Contact.objects.get()
    other = Contact.objects.create(first_name="Léa", last_name="Martin", language="en")
    merge(kept=kept, absorbed=other, by=None, fields={"language": "absorbed"})
    for policy in ("newer", "better"):
        load(
            better,
            ["fr", "Léa", "Martin", "lea@example.org", "", "2024-01-01"],
            policies={"language": policy},
        )
        assert Contact.objects.get().language == "en"
    load(better, ["fr", "Léa", "Martin", "lea@example.org"], policies={"language": "replace"})
    assert Contact.objects.get().language == "fr"


def test_what_a_merge_filled_by_itself_gives_way(load, worse) -> None:
    load(worse, ["", "Léa", "Martin", "lea@example.org", "", "2023-01-01"])
    Contact.objects.update(language="")
    other = Contact.objects.create(first_name="Léa", last_name="Martin", language="en")
    merge(kept=Contact.objects.exclude(pk=other.pk).get(), absorbed=other, by=None)
    load(worse, ["fr", "Léa", "Martin", "lea@example.org", "", "2030-01-01"], policies={"language": "newer"})
    assert Contact.objects.get().language == "fr"


def test_an_extra_field_written_by_hand_stays_and_the_others_follow(load, worse) -> None:
    for key in ("one", "two", "three"):
        CustomField.objects.create(key=key, label=key, kind="text")
    header = ["Prénom", "Nom", "Email", "Un", "Deux", "Trois", "Date de collecte"]
    fields = ["first_name", "last_name", "email", "custom.one", "custom.two", "custom.three", "collected_on"]
    mapping = dict(enumerate(fields))
    told = {"header": header, "mapping": mapping, "policies": {"extra": "newer"}}
    load(worse, ["Léa", "Martin", "lea@example.org", "1", "1", "", "2023-01-01"], **told)
    update_contact(contact=Contact.objects.get(), by=None, custom={"one": "hand"})
    load(worse, ["Léa", "Martin", "lea@example.org", "2", "2", "2", "2024-01-01"], **told)
    assert Contact.objects.get().custom == {"one": "hand", "two": "2", "three": "2"}
