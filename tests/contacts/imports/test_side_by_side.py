"""Two imports at once, and an import during a send: each ends as if it had been alone, or after the other."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from campaign_crm.platform.jobs import run_job
from campaign_crm.platform.models import Job
from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.imports.people import engine as people_engine
from contacts.imports.progress import WAITING
from contacts.imports.rolls import engine as roll_engine
from contacts.imports.service import enqueue_preview, enqueue_run, start_import
from contacts.imports.turns import PEOPLE
from contacts.invented.address_books import google, write_csv
from contacts.invented.people import people, without
from contacts.invented.rolls import write_roll
from contacts.models import Contact, ElectoralRegistration, Import, Source
from contacts.services.suppressions import suppress
from contacts.views.import_progress import shown_progress
from messaging.dispatch.pump import Pump
from messaging.models import Delivery
from tests.benchmarks.support.base_database import BaseDatabase
from tests.contacts.imports.test_any_moment import write_newer_roll
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import make_account, make_campaign, make_people, make_sender
from tests.support.contents import Contents, contents
from tests.support.imports import import_file, write_rows
from tests.support.small_reference import load_small_reference
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 1_200
WAITS_AT_MOST = 3.0  # seconds of an unsubscription while an import writes the same people
REAL_PIECE = people_engine.LINES_A_CHUNK
KINDS = {"roll": "roll", "newer roll": "roll", "book": "address-book", "other book": "address-book"}


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roll_engine, "ROWS_A_CHUNK", 150)
    monkeypatch.setattr(people_engine, "LINES_A_CHUNK", 50)


@pytest.fixture
def base(servers: Any, tmp_path: Path) -> Iterator[BaseDatabase]:
    """Places and sources; `restore` brings the base back to them."""

    def make() -> None:
        load_small_reference(tmp_path)
        for kind, source_kind, basis, channels in (
            ("roll", "roll", "public_roll", ["post"]),
            ("address-book", "address_book", "consent", ["email", "sms"]),
        ):
            Source.objects.create(name=kind, kind=source_kind, lawful_basis=basis, channels=channels)

    found = BaseDatabase(servers, make)
    found.restore()
    yield found
    found.drop()


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as made:
        yield made


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Two rolls of the same communes, and two address books of the same electors."""
    paths = {name: tmp_path / f"{name}.csv" for name in KINDS}
    write_roll(paths["roll"], rows=ROWS, seed=5, departments=["60"])
    write_newer_roll(paths["roll"], paths["newer roll"])
    everybody = list(people(ROWS // 3, seed=5, departments=["60"]))
    write_csv(paths["book"], google(without(one, "street", "postcode", "city") for one in everybody))
    write_csv(paths["other book"], google(without(one, "born") for one in reversed(everybody)))
    return paths


def previewed(path: Path, kind: str) -> Import:
    source = Source.objects.get(name=kind)
    run = start_import(file=path, file_name=path.name, kind=kind, source=source, by=None)
    assert run_job(enqueue_preview(run=run, by=None).pk).state == Job.State.SUCCEEDED
    run.refresh_from_db()
    return run


@contextmanager
def at_the_same_time(*works: Callable[[], object]) -> Iterator[None]:
    """Do things in threads of their own beside the block; what they raise is raised at its end."""
    errors: list[BaseException] = []

    def do(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=do, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]


def together(files: dict[str, Path], names: Sequence[str]) -> list[Import]:
    """Preview the files, then write them all at once."""
    runs = [previewed(files[name], KINDS[name]) for name in names]
    jobs = [enqueue_run(run=run, by=None) for run in runs]
    with at_the_same_time(*(lambda job=job: run_job(job.pk) for job in jobs)):
        pass
    for run, job in zip(runs, jobs, strict=True):
        run.refresh_from_db()
        job.refresh_from_db()
        assert (run.state, job.attempts) == (Import.State.DONE, 1), job.error
    return runs


@pytest.mark.parametrize(
    "names",
    [("roll", "newer roll"), ("book", "other book"), ("roll", "book")],
    ids=["two rolls of the same communes", "two books of the same people", "a roll and a book"],
)
def test_two_imports_at_once_are_like_one_after_the_other(
    names: tuple[str, str], files: dict[str, Path], base: BaseDatabase
) -> None:
    in_turn = []
    for order in (names, names[::-1]):
        for name in order:
            import_file(files[name], kind=KINDS[name], source=Source.objects.get(name=KINDS[name]))
        in_turn.append(comparable(contents(), names))
        base.restore()
    together(files, names)
    assert comparable(contents(), names) in in_turn


def comparable(found: Contents, names: tuple[str, str]) -> Contents:
    """Of two books, without what says which one named a person first: it is now the one, now the other."""
    if set(names) != {"book", "other book"}:
        return found
    consents, _lines = found["contacts_consent"]
    return {**found, "contacts_consent": (consents, ""), "contacts_importchange": (0, "")}


def test_two_books_create_nobody_twice(files: dict[str, Path], base: BaseDatabase) -> None:
    runs = together(files, ("book", "other book"))
    count = Contact.objects.count()
    assert count == sum(run.counts["new"] for run in runs)
    assert count == len(set(Contact.objects.values_list("name_folded", "emailaddress_set__normalised")))


@contextmanager
def turn_of_somebody_else(name: str) -> Iterator[None]:
    """Hold a turn in another connection, as another import does while it writes a piece."""
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        yield
    finally:
        other.close()


@pytest.mark.parametrize(("name", "turn"), [("book", PEOPLE), ("roll", "contacts.imports.roll 60")])
def test_who_waits_for_another_import_says_so_and_previews_do_not_wait(
    name: str, turn: str, files: dict[str, Path], base: BaseDatabase
) -> None:
    run = previewed(files[name], KINDS[name])
    job = enqueue_run(run=run, by=None)
    with at_the_same_time(lambda: run_job(job.pk)), turn_of_somebody_else(turn):
        deadline = time.monotonic() + 30
        while Job.objects.get(pk=job.pk).progress_note != WAITING:
            assert time.monotonic() < deadline, "it does not say that it waits"
            time.sleep(0.05)
        assert "another import" in str(shown_progress(Job.objects.get(pk=job.pk)).words)
        assert not Contact.objects.exists()
        assert not ElectoralRegistration.objects.exists()
        for other in ("other book", "newer roll"):
            assert previewed(files[other], KINDS[other]).state == Import.State.PREVIEWED
    run.refresh_from_db()
    assert run.state == Import.State.DONE


def test_rolls_of_other_departments_do_not_wait(files: dict[str, Path], base: BaseDatabase) -> None:
    with turn_of_somebody_else("contacts.imports.roll 75"):
        import_file(files["roll"], kind="roll", source=Source.objects.get(name="roll"))
    assert ElectoralRegistration.objects.exists()


@pytest.mark.parametrize(
    ("count", "lines_a_piece"),
    [(1_000, 50), (6_000, REAL_PIECE)],
    ids=["many small pieces", "pieces of real size"],
)
def test_an_import_during_a_send_disturbs_neither(
    count: int,
    lines_a_piece: int,
    base: BaseDatabase,
    tmp_path: Path,
    sink: SmtpSink,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The file gives everyone who is written to a phone; one in ten unsubscribes meanwhile."""
    monkeypatch.setattr(people_engine, "LINES_A_CHUNK", lines_a_piece)
    make_people(count)
    path = write_rows(
        tmp_path / "phones.csv",
        [
            ["First name", "Last name", "E-mail", "Mobile"],
            *(
                [
                    f"Camille{n}",
                    f"Martin{n}",
                    f"person{n}@example.com",
                    f"06 39 98 {n // 100:02d} {n % 100:02d}",
                ]
                for n in range(count, 0, -1)
            ),
        ],
    )
    run = previewed(path, "address-book")
    campaign = start(make_campaign(sender=make_sender(make_account(sink.port))))
    job = enqueue_run(run=run, by=None)
    waited = []

    def leave() -> None:
        for number in range(1, count, 10):
            started = time.perf_counter()
            suppress(
                channel=Channel.EMAIL,
                scope=SuppressionScope.POLITICAL,
                reason=SuppressionReason.UNSUBSCRIBE,
                address=f"person{number}@example.com",
                by=None,
            )
            waited.append(time.perf_counter() - started)

    def send() -> None:
        pump = Pump()
        try:
            pump.run(seconds=60)
        finally:
            pump.close()

    with at_the_same_time(lambda: run_job(job.pk), send, leave):
        pass
    run.refresh_from_db()
    received = Counter(row.recipient for row in sink.received())
    states = books(campaign)
    assert (run.state, run.counts["new"], run.counts["updated"]) == (Import.State.DONE, 0, count)
    assert max(received.values()) == 1
    assert states.get("accepted", 0) == len(received)
    assert set(states) <= {"accepted", "suppressed"}
    assert sum(states.values()) == count
    assert max(waited) < WAITS_AT_MOST
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM contacts_reach WHERE channel = 'email' AND political"
            " AND contact_id IN (SELECT contact_id FROM contacts_emailaddress AS point"
            " JOIN contacts_suppression USING (address_hash))"
        )
        assert cursor.fetchone() == (0,), "who left while the import wrote is still reached"
    assert Delivery.objects.filter(state="handed").count() == 0
