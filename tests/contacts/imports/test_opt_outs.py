"""Opt-out files: what they close, for whom, until when; hashes; and taking a mistaken file back."""

import hashlib

import pytest
from django.core.management import call_command
from django.db.models.functions import Now

from campaign_crm.platform.crypto import hash_key_fingerprint, keyed_hash
from campaign_crm.platform.jobs import run_job
from campaign_crm.platform.models import AuditEntry, Job
from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.imports.choices import set_mapping
from contacts.imports.errors import ImportProblem, WrongColumns
from contacts.imports.opt_outs import engine
from contacts.imports.reasons import sentence
from contacts.imports.service import enqueue_preview, enqueue_run, start_import, undo_import
from contacts.models import (
    Contact,
    EmailAddress,
    Import,
    ImportReject,
    Reach,
    Source,
    SuppressedDigest,
    Suppression,
)
from contacts.services.contact_points import add_email
from contacts.services.projections import refresh_all
from contacts.services.suppressions import suppress
from tests.support.bounces import bounce
from tests.support.imports import counted, fingerprint, import_file, preview, write_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def opt_out(db) -> Source:
    return Source.objects.create(name="Opt-outs of the old tool", kind="opt_out", lawful_basis="none")


@pytest.fixture
def lea(places, book, tmp_path) -> Contact:
    """Somebody who may be written to by e-mail and SMS."""
    rows = [["Prénom", "Nom", "Email", "Mobile"], ["Léa", "Martin", "lea@example.org", "06 39 98 12 34"]]
    import_file(write_rows(tmp_path / "book.csv", rows), kind="address-book", source=book)
    return Contact.objects.get()


@pytest.fixture
def opt_out_file(tmp_path):
    def write(*rows, name="optout.csv", **options):
        return write_rows(
            tmp_path / name, [[row] if isinstance(row, str) else row for row in rows], **options
        )

    return write


def run_opt_outs(path, source, **options):
    """Preview and write an opt-out file with options of the columns step."""
    run = start_import(file=path, file_name=path.name, kind="suppression", source=source, by=None)
    mapping = {int(index): field for index, field in run.mapping.items()}
    set_mapping(run=run, mapping=mapping, options=options, by=None)
    run_job(enqueue_preview(run=run, by=None).pk)
    run.refresh_from_db()
    run_job(enqueue_run(run=run, by=None).pk)
    run.refresh_from_db()
    assert run.state == Import.State.DONE, run.error
    return run


def undo(run: Import, **options: bool) -> dict[str, int]:
    run_job(undo_import(run=run, by=None, **options).pk)
    run.refresh_from_db()
    return run.counts["undone"]


def closed(contact: Contact) -> dict[str, str]:
    return dict(Reach.objects.filter(contact=contact).exclude(reason="").values_list("channel", "reason"))


def entries() -> set[tuple[str, str, str]]:
    return set(Suppression.objects.in_force().values_list("channel", "scope", "reason"))


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def test_a_bare_list_of_addresses_closes_them_and_creates_nobody(lea, opt_out, opt_out_file) -> None:
    run = import_file(
        opt_out_file("LEA@example.org", "other@example.org", "lea@example.org", "z@example.org", "nonsense@"),
        kind="suppression",
        source=opt_out,
    )
    assert run.state == Import.State.DONE, run.error
    assert counted(run, "rows", "new", "duplicate", "rejected", "stopped", "entries") == {
        "rows": 5, "new": 3, "duplicate": 1, "rejected": 1, "stopped": 1, "entries": 3,
    }  # fmt: skip
    assert entries() == {("email", "political", "imported")}
    assert Contact.objects.count() == 1
    assert closed(lea)["email"] == "suppressed"
    assert "sms" not in closed(lea)
    assert [sentence(kept) for kept in ImportReject.objects.get().reasons] == [
        "“nonsense@” is not an e-mail address"
    ]


def test_numbers_close_sms_and_calls_or_what_was_chosen(lea, opt_out, opt_out_file) -> None:
    path = opt_out_file("0639981234", "+33 6 39 98 00 01")
    run_opt_outs(path, opt_out, numbers=["sms"])
    assert entries() == {("sms", "political", "imported")}
    assert closed(lea)["sms"] == "suppressed"
    again = run_opt_outs(path, opt_out)
    assert counted(again, "new", "unchanged") == {"new": 2, "unchanged": 0}
    assert {channel for channel, _scope, _reason in entries()} == {"sms", "call"}


def test_a_header_states_and_dates_say_why_and_since_when(opt_out, opt_out_file) -> None:
    path = opt_out_file(
        ["Email Address", "Status", "UNSUB_TIME"],
        ["a@example.org", "Unsubscribed", "2024-03-01 10:20:30"],
        ["b@example.org", "Cleaned", ""],
        ["c@example.org", "Spam complaint", ""],
        ["d@example.org", "Subscribed", ""],
    )
    run = import_file(path, kind="suppression", source=opt_out)
    assert entries() == {
        ("email", "political", "unsubscribe"),
        ("email", "everything", "hard_bounce"),
        ("email", "everything", "complaint"),
    }
    assert Suppression.objects.get(reason="unsubscribe").at.isoformat() == "2024-03-01T10:20:30+00:00"
    assert counted(run, "new", "rejected") == {"new": 3, "rejected": 1}
    assert "no objection" in sentence(ImportReject.objects.get().reasons[0])


def test_the_whole_file_can_be_bounces(lea, opt_out, opt_out_file) -> None:
    run_opt_outs(opt_out_file("lea@example.org"), opt_out, reason="hard_bounce")
    assert entries() == {("email", "everything", "hard_bounce")}
    assert closed(lea)["email"] == "bounced"


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
def test_hashes_of_providers_close_known_addresses_now_and_others_when_they_come(
    lea, opt_out, opt_out_file, algorithm
) -> None:
    def digest(text: str) -> str:
        return hashlib.new(algorithm, text.encode()).hexdigest()

    path = opt_out_file(digest("lea@example.org"), digest("later@example.org").upper())
    run = import_file(path, kind="suppression", source=opt_out)
    assert counted(run, "new", "waiting", "stopped", "entries") == {
        "new": 2, "waiting": 1, "stopped": 1, "entries": 2,
    }  # fmt: skip
    assert closed(lea)["email"] == "suppressed"
    later = Contact.objects.create(last_name="Later")
    add_email(contact=later, address="Later@Example.org", source=None, by=None)
    assert closed(later)["email"] == "suppressed"
    assert not SuppressedDigest.objects.exists()
    assert Suppression.objects.count() == 2


def test_people_who_come_later_are_closed_at_once(book, places, opt_out, opt_out_file, tmp_path) -> None:
    import_file(opt_out_file(sha1("lea@example.org")), kind="suppression", source=opt_out)
    rows = [["Nom", "Email"], ["Martin", "lea@example.org"], ["Petit", "jean@example.org"]]
    import_file(write_rows(tmp_path / "book.csv", rows), kind="address-book", source=book)
    assert Reach.objects.get(contact__last_name="Martin", channel="email").reason == "suppressed"
    assert Reach.objects.get(contact__last_name="Petit", channel="email").political


def test_an_address_that_came_between_preview_and_run_is_closed(opt_out, opt_out_file) -> None:
    run = preview(opt_out_file(sha1("lea@example.org")), kind="suppression", source=opt_out)
    assert run.preview["waiting"] == 1
    lea = Contact.objects.create(last_name="Martin")
    add_email(contact=lea, address="lea@example.org", source=None, by=None)
    run_job(enqueue_run(run=run, by=None).pk)
    assert closed(lea)["email"] == "suppressed"
    assert not SuppressedDigest.objects.exists()


def test_our_own_export_counts_under_our_own_key_only(lea, opt_out, opt_out_file) -> None:
    ours = keyed_hash("email", "lea@example.org").hex()
    header = ["channel", "scope", "reason", "since", "keyed_hash", "hash_key"]
    path = opt_out_file(
        header,
        ["email", "political", "objection", "2024-01-02T03:04:05+00:00", ours, hash_key_fingerprint()],
        ["email", "political", "stop", "", "ab" * 32, "another key"],
        ["fax", "political", "stop", "", ours, hash_key_fingerprint()],
    )
    run = import_file(path, kind="suppression", source=opt_out)
    assert counted(run, "new", "rejected") == {"new": 1, "rejected": 2}
    entry = Suppression.objects.get()
    assert (entry.reason, entry.scope, entry.at.year) == ("objection", "political", 2024)
    assert closed(lea)["email"] == "suppressed"


def test_keyed_hashes_alone_or_nothing_at_all_are_refused(opt_out, opt_out_file) -> None:
    alone = opt_out_file(["keyed_hash", "x"], ["ab" * 32, "1"])
    with pytest.raises(WrongColumns, match="channel"):
        preview(alone, kind="suppression", source=opt_out)
    with pytest.raises(WrongColumns, match="phone numbers cannot be compared"):
        preview(opt_out_file(["Nom", "Ville"], ["Martin", "Beauvais"]), kind="suppression", source=opt_out)


def test_an_opt_out_file_asks_for_its_own_kind_of_source(book, opt_out_file) -> None:
    with pytest.raises(ImportProblem, match="does not fit"):
        preview(opt_out_file("a@example.org"), kind="suppression", source=book)


def test_the_same_file_again_changes_nothing(lea, opt_out, opt_out_file) -> None:
    path = opt_out_file(["lea@example.org", ""], ["", sha1("x@example.org")])
    import_file(path, kind="suppression", source=opt_out)
    before = fingerprint("contacts_suppression")
    again = import_file(path, kind="suppression", source=opt_out)
    assert counted(again, "new", "unchanged", "waiting") == {"new": 0, "unchanged": 2, "waiting": 0}
    assert fingerprint("contacts_suppression") == before
    assert (Suppression.objects.count(), SuppressedDigest.objects.count()) == (1, 1)


def test_a_mistaken_file_is_taken_back_with_a_trace(lea, opt_out, opt_out_file) -> None:
    before = set(Reach.objects.values_list("contact", "channel", "reason"))
    run = import_file(
        opt_out_file(["lea@example.org", ""], ["", sha1("x@example.org")]), kind="suppression", source=opt_out
    )
    assert undo(run)["entries"] == 2
    assert not Suppression.objects.exists()
    assert not SuppressedDigest.objects.exists()
    assert set(Reach.objects.values_list("contact", "channel", "reason")) == before
    assert AuditEntry.objects.get(action="import.undo").detail["entries"] == 2


def test_what_the_person_said_or_another_file_says_outlives_the_undo(lea, opt_out, opt_out_file) -> None:
    path = opt_out_file("lea@example.org", "jean@example.org", "zoe@example.org")
    first = import_file(path, kind="suppression", source=opt_out)
    suppress(
        channel=Channel.EMAIL,
        address="lea@example.org",
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.UNSUBSCRIBE,
        by=None,
    )
    second = import_file(opt_out_file("jean@example.org"), kind="suppression", source=opt_out)
    assert undo(first)["entries"] == 1
    kept = {bytes(entry.address_hash): entry.reason for entry in Suppression.objects.in_force()}
    assert kept == {
        keyed_hash("email", "lea@example.org"): "unsubscribe",
        keyed_hash("email", "jean@example.org"): "imported",
    }
    assert closed(lea)["email"] == "suppressed"
    assert undo(second)["entries"] == 1
    assert Suppression.objects.in_force().count() == 1


def test_a_bounce_that_became_a_complaint_is_a_bounce_again(lea, opt_out, opt_out_file) -> None:
    point = EmailAddress.objects.get(contact=lea)
    bounce(point.address_hash)
    run = run_opt_outs(opt_out_file("lea@example.org"), opt_out, reason="complaint")
    assert entries() == {("email", "everything", "complaint")}
    assert counted(run, "new", "updated") == {"new": 0, "updated": 1}
    undo(run)
    entry = Suppression.objects.get()
    assert (entry.reason, entry.detail) == ("hard_bounce", {"campaign": 3})


def test_a_bounce_of_later_takes_nothing_from_a_complaint_of_a_file(opt_out, opt_out_file) -> None:
    run_opt_outs(opt_out_file("lea@example.org"), opt_out, reason="complaint")
    bounce(keyed_hash("email", "lea@example.org"))
    assert Suppression.objects.get().reason == "complaint"


def test_a_run_that_begins_again_adds_nothing_twice(lea, opt_out, opt_out_file, monkeypatch) -> None:
    monkeypatch.setattr("contacts.imports.opt_outs.engine.ENTRIES_A_CHUNK", 1)
    path = opt_out_file(*(f"{number}@example.org" for number in range(300)), "lea@example.org")
    run = preview(path, kind="suppression", source=opt_out)
    job = enqueue_run(run=run, by=None)
    real, calls = engine.add_entries, []

    def fail_once(*args, **kwargs):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the machine stopped")
        return real(*args, **kwargs)

    monkeypatch.setattr(engine, "add_entries", fail_once)
    run_job(job.pk)
    Job.objects.filter(pk=job.pk).update(run_after=Now())
    run_job(job.pk)
    run.refresh_from_db()
    assert run.state == Import.State.DONE
    assert counted(run, "rows", "new", "entries") == {"rows": 301, "new": 301, "entries": 301}
    before = set(Reach.objects.values_list("contact", "channel", "reason"))
    refresh_all()
    assert set(Reach.objects.values_list("contact", "channel", "reason")) == before


def test_the_exported_list_comes_back_the_same(lea, opt_out, opt_out_file, tmp_path) -> None:
    import_file(opt_out_file("lea@example.org"), kind="suppression", source=opt_out)
    suppress(
        channel=Channel.SMS,
        address="0639980001",
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.STOP,
        by=None,
    )
    columns = ("address_hash", "channel", "scope", "reason", "at")

    def listed() -> list[str]:
        return sorted(
            f"{bytes(digest).hex()} {rest}" for digest, *rest in Suppression.objects.values_list(*columns)
        )

    before = listed()
    call_command("export_suppressions", str(tmp_path / "list.csv"))
    Suppression.objects.all().delete()
    run = import_file(tmp_path / "list.csv", kind="suppression", source=opt_out)
    assert counted(run, "new", "rejected") == {"new": 2, "rejected": 0}
    assert listed() == before
    assert "example.org" not in (tmp_path / "list.csv").read_text()


def test_undo_of_hashes_that_all_wait_takes_them_back(opt_out, opt_out_file) -> None:
    run = import_file(opt_out_file(sha1("a@example.org")), kind="suppression", source=opt_out)
    assert undo(run)["entries"] == 1
    assert not SuppressedDigest.objects.exists()


def test_addresses_numbers_and_hashes_below_each_other_are_all_obeyed(lea, opt_out, opt_out_file) -> None:
    run = import_file(
        opt_out_file(
            *("Liste d'opposition", "paul@example.org ", sha1("lea@example.org").upper(), "+33639985566"),
            *(
                "Zoé <zoe@example.org>",
                "06 39 98 12 34",
                "stop@example.org / 06 39 98 55 77",
                "n'importe quoi",
            ),
        ),
        kind="suppression",
        source=opt_out,
    )
    assert run.state == Import.State.DONE, run.error
    assert run.rejects.get().reasons == ["bad_email:n'importe quoi"]
    assert closed(lea)["email"] == closed(lea)["sms"]
    hashes = {bytes(one) for one in Suppression.objects.values_list("address_hash", flat=True)}
    assert hashes == {
        *(keyed_hash("email", f"{name}@example.org") for name in ("paul", "zoe", "stop", "lea")),
        *(keyed_hash("phone", f"+3363998{end}") for end in ("5566", "1234", "5577")),
    }
