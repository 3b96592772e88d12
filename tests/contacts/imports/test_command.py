"""`import_contacts`: what it prints, what it writes, and how it ends."""

import json

import pytest
from django.core.management import CommandError, call_command

from contacts.models import Contact, ElectoralRegistration, Import, Source, Suppression
from tests.support.imports import fingerprint, write_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(places):
    """Every test of this module has the places."""


@pytest.fixture(autouse=True)
def _without_watcher(monkeypatch):
    """The line a second comes from another connection, which cannot see a test's transaction."""
    monkeypatch.setattr("contacts.management.commands.import_contacts._say_progress", lambda *_args: None)


@pytest.fixture
def book_path(tmp_path):
    return write_rows(tmp_path / "book.csv", [["Nom", "Email"], ["Martin", "lea@example.org"]])


def run(capsys, *arguments: object) -> dict[str, object]:
    call_command("import_contacts", *map(str, arguments), "--json")
    return json.loads(capsys.readouterr().out)


def test_a_roll_comes_in_with_a_new_source(capsys, elector, roll_file) -> None:
    counts = run(
        capsys, roll_file([elector()]), "--kind", "roll", "--source", "Roll", "--basis", "public-roll"
    )
    assert (counts["new"], counts["rejected"], counts["state"]) == (1, 0, "done")
    source = ElectoralRegistration.objects.get().source
    assert (source.kind, source.lawful_basis, source.channels) == ("roll", "public_roll", ["post"])


def test_a_dry_run_counts_and_writes_nothing(capsys, book_path, book) -> None:
    before = fingerprint()
    counts = run(capsys, book_path, "--kind", "address-book", "--source", "Book", "--dry-run")
    assert (counts["new"], counts["state"]) == (1, "previewed")
    assert fingerprint() == before


def test_a_rented_file_takes_its_supplier_and_its_end(capsys, book_path) -> None:
    told = "--kind broker --source Exempla --basis consent --channels email --supplier Exempla"
    told += " --wording Agreed --proof Contract"
    run(capsys, book_path, *told.split(), "--licence-end", "2097-06-30")
    source = Source.objects.get()
    assert (source.kind, source.supplier, str(source.licence_ends_on)) == (
        "broker_rental",
        "Exempla",
        "2097-06-30",
    )
    assert Contact.objects.count() == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--kind", "address-book", "--source", "New"], "--basis"),
        (["--kind", "broker", "--source", "New", "--basis", "consent"], "supplier"),
        (
            ["--kind", "broker", "--source", "N", "--basis", "consent", "--supplier", "S", "--proof", "P"],
            "Tick at least one channel.* words that people agreed to",
        ),
        (
            ["--kind", "broker", "--source", "N", "--basis", "legitimate-interest", "--supplier", "S"],
            "Write the balance.*proof are kept",
        ),
        (["--kind", "address-book", "--source", "N", "--basis", "none", "--scope", "98765"], "98765"),
        (["--kind", "address-book", "--source", "N", "--basis", "none", "--policy", "older"], "older"),
        (["--kind", "roll", "--source", "New", "--basis", "public-roll"], "lacks"),
        (["--kind", "address-book", "--source", "N", "--basis", "consent", "--channels", "fax"], "fax"),
        (["--kind", "address-book", "--source", "N", "--basis", "none", "--by", "x@example.org"], "Nobody"),
    ],
)
def test_what_cannot_be_imported_ends_with_its_reason(book_path, arguments, words) -> None:
    with pytest.raises(CommandError, match=words) as error:
        call_command("import_contacts", str(book_path), *arguments)
    assert error.value.returncode == 2
    assert not Contact.objects.exists()


def test_a_file_that_is_not_there(tmp_path) -> None:
    with pytest.raises(CommandError, match="no file") as error:
        call_command("import_contacts", str(tmp_path / "no.csv"), "--kind", "roll", "--source", "Roll")
    assert error.value.returncode == 2


def test_an_accident_ends_the_command_and_is_not_tried_again(book_path, book, monkeypatch) -> None:
    def break_down(*_args: object, **_options: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("contacts.imports.people.engine.write_chunk", break_down)
    with pytest.raises(CommandError, match="the disk is full") as error:
        call_command("import_contacts", str(book_path), "--kind", "address-book", "--source", "Book")
    assert error.value.returncode == 1
    stopped = Import.objects.get()
    assert (stopped.state, stopped.job.state) == (Import.State.CANCELLED, "cancelled")


def test_an_opt_out_file_needs_no_basis(capsys, tmp_path) -> None:
    path = write_rows(tmp_path / "out.csv", [["lea@example.org"], ["jean@example.org"]])
    counts = run(capsys, path, *"--kind suppression --source Old --reason complaint".split())
    assert (counts["new"], counts["entries"]) == (2, 2)
    assert set(Suppression.objects.values_list("scope", "reason")) == {("everything", "complaint")}
    assert Source.objects.get().kind == "opt_out"


def test_tags_territory_and_policy_are_options(capsys, tmp_path, book) -> None:
    rows = [["Nom", "Email", "CP", "Ville"], ["Martin", "lea@example.org", "60000", "Beauvais"]]
    rows.append(["Petit", "jean@example.org", "75001", "Paris"])
    path = write_rows(tmp_path / "book.csv", rows)
    told = "--kind address-book --source Book --scope 60 --tags Oise,Presse --policy names=newer"
    counts = run(capsys, path, *told.split())
    assert (counts["new"], counts["outside"]) == (1, 1)
    assert Contact.objects.get().tag_links.count() == 2
    assert Import.objects.get().options["policies"] == {"names": "newer"}


@pytest.mark.parametrize("old", ["mac_roman", "cp850"])
def test_accents_in_doubt_are_never_taken_without_a_word(capsys, tmp_path, book, old) -> None:
    text = "Nom;Prénom;Email\n" + "".join(f"Lefèvre;Léa {n};lea{n}@example.org\n" for n in range(9))
    path = tmp_path / "old.csv"
    path.write_bytes(text.encode(old))
    told = [path, "--kind", "address-book", "--source", "Book"]
    with pytest.raises(CommandError, match=f"--encoding {old}"):
        run(capsys, *told)
    assert (Import.objects.count(), Contact.objects.count(), path.exists()) == (0, 0, True)
    counts = run(capsys, *told, "--encoding", old)
    assert (counts["new"], Contact.objects.filter(last_name="Lefèvre").count()) == (9, 9)


def test_separator_and_short_rows_can_be_said(capsys, tmp_path, book) -> None:
    path = tmp_path / "short.csv"
    path.write_text("Nom|Email|Ville\n" + "".join(f"Martin|lea{n}@example.org\n" for n in range(20)))
    told = [path, "--kind", "address-book", "--source", "Book", "--delimiter", "|"]
    with pytest.raises(CommandError, match="--fill-short-rows"):
        run(capsys, *told)
    assert run(capsys, *told, "--fill-short-rows", "--dry-run")["padded"] == 20
    with pytest.raises(CommandError, match="A separator is one of"):
        run(capsys, *told, "--delimiter", "x")
