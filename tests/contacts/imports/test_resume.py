"""An import that is killed, or loses its staging tables or its job, ends like one that nothing disturbed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection
from django.db.models.functions import Now

from campaign_crm.platform.jobs import JobStopped, run_job
from campaign_crm.platform.models import Job
from campaign_crm.platform.models.job import LEASE
from contacts.imports import chunks
from contacts.imports.pausing import pause_import, resume_import
from contacts.imports.people import engine as people_engine
from contacts.imports.rolls import engine as roll_engine
from contacts.imports.service import enqueue_preview, enqueue_run, start_import
from contacts.imports.staging import Staging
from contacts.invented.address_books import google, write_csv
from contacts.invented.people import people
from contacts.invented.rolls import write_roll
from contacts.models import Contact, ElectoralRegistration, Import, Source
from tests.support.imports import import_file
from tests.support.small_reference import load_small_reference

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 3_000
CHUNK = 400
WRITTEN = (
    "registrationmatch electoralregistration consent reach emailaddress phonenumber postaladdress"
    " contactsource sourcerow contacttag contact"
)
PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch, tmp_path):
    load_small_reference(tmp_path)
    monkeypatch.setattr(roll_engine, "ROWS_A_CHUNK", CHUNK)
    monkeypatch.setattr(people_engine, "LINES_A_CHUNK", 100)


@pytest.fixture
def roll(tmp_path):
    path = tmp_path / "roll.csv"
    write_roll(path, rows=ROWS, seed=5, departments=["60"])
    return path


def previewed(path, *, kind, source) -> Import:
    run = start_import(file=path, file_name=path.name, kind=kind, source=source, by=None)
    run_job(enqueue_preview(run=run, by=None).pk)
    run.refresh_from_db()
    return run


def electors() -> set[tuple]:
    """Everything of every elector but the numbers of rows and imports."""
    return set(
        ElectoralRegistration.objects.values_list(
            "identity", "source_id", "commune__code", "polling_station__code", "order_number", "birth_name",
            "used_name", "first_names", "birth_date", "birth_date_raw", "street", "postcode", "city",
        )
    )  # fmt: skip


def persons() -> set[tuple]:
    """Everybody with their addresses, numbers, sources and consents."""
    return {
        (
            person.first_name,
            person.last_name,
            person.birth_date,
            tuple(person.emailaddress_set.values_list("normalised", "is_primary")),
            tuple(person.phonenumber_set.values_list("e164", "is_primary")),
            tuple(person.postaladdress_set.values_list("folded", flat=True)),
            tuple(person.consents.values_list("channel", "given").order_by("channel")),
            person.source_links.count(),
            person.source_rows.count(),
            tuple(person.reach.values_list("channel", "political").order_by("channel")),
        )
        for person in Contact.objects.all()
    }


def undisturbed(path, *, kind, source, seen) -> set[tuple]:
    """What the base holds after an import that nothing disturbs; the base is as before at the end."""
    import_file(path, kind=kind, source=source)
    found = seen()
    with connection.cursor() as cursor:
        for table in WRITTEN.split():
            cursor.execute(f"DELETE FROM contacts_{table}")
    return found


def roll_source() -> Source:
    return Source.objects.create(name="Roll", kind="roll", lawful_basis="public_roll", channels=["post"])


class Broken(Exception):
    """What a test makes a worker die of."""


def break_after(monkeypatch, module, done: int) -> None:
    """Let `done` chunks be written, then break once."""
    original, written = module.write_chunk, []

    def write_chunk(staging, chunk, **options):
        if len(written) == done:
            written.append(None)
            raise Broken
        original(staging, chunk, **options)
        written.append(chunk)

    monkeypatch.setattr(module, "write_chunk", write_chunk)
    monkeypatch.setattr("contacts.imports.lanes.MAX_LANES", 1)


def requeued(run: Import) -> Job:
    """The job, due at once."""
    Job.objects.filter(pk=run.job_id).update(run_after=Now())
    return Job.objects.get(pk=run.job_id)


@pytest.mark.parametrize(
    "loses_staging", [False, True], ids=["worker dies", "PostgreSQL empties the staging"]
)
def test_a_roll_goes_on_where_it_stopped(roll, monkeypatch, loses_staging) -> None:
    source = roll_source()
    wanted = undisturbed(roll, kind="roll", source=source, seen=electors)
    run = previewed(roll, kind="roll", source=source)
    break_after(monkeypatch, roll_engine, 3)
    job = run_job(enqueue_run(run=run, by=None).pk)
    assert (job.state, ElectoralRegistration.objects.count() > 0, electors() == wanted) == (
        "queued",
        True,
        False,
    )
    if loses_staging:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {Staging(run.pk).table(chunks.TABLE)}")
    run.refresh_from_db()
    job = run_job(requeued(run).pk)
    run.refresh_from_db()
    assert (job.state, run.state) == ("succeeded", Import.State.DONE)
    assert electors() == wanted
    assert run.counts["new"] == len(wanted)
    assert run.counts["new"] + run.counts["duplicate"] == ROWS


@pytest.mark.parametrize(
    "loses_staging", [False, True], ids=["worker dies", "PostgreSQL empties the staging"]
)
def test_an_address_book_goes_on_where_it_stopped(tmp_path, monkeypatch, loses_staging) -> None:
    path = tmp_path / "google.csv"
    write_csv(path, google(people(450, seed=5, departments=["60"])))
    source = Source.objects.create(
        name="Book", kind="address_book", lawful_basis="consent", channels=["email", "sms"]
    )
    wanted = undisturbed(path, kind="address-book", source=source, seen=persons)
    run = previewed(path, kind="address-book", source=source)
    break_after(monkeypatch, people_engine, 2)
    run_job(enqueue_run(run=run, by=None).pk)
    assert 0 < Contact.objects.count() < len(wanted)
    if loses_staging:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {Staging(run.pk).table(chunks.TABLE)}")
    run.refresh_from_db()
    run_job(requeued(run).pk)
    run.refresh_from_db()
    assert run.state == Import.State.DONE
    assert persons() == wanted
    assert run.counts["new"] == len(wanted)


def test_a_worker_that_lost_its_job_commits_no_more(roll, monkeypatch) -> None:
    source = roll_source()
    wanted = undisturbed(roll, kind="roll", source=source, seen=electors)
    run = previewed(roll, kind="roll", source=source)
    job = enqueue_run(run=run, by=None)
    monkeypatch.setattr("contacts.imports.lanes.MAX_LANES", 1)
    original, written = roll_engine.write_chunk, []

    def write_chunk(staging, chunk, **options):
        if len(written) == 2:  # another worker takes the job over, as after a lease that ran out
            Job.objects.filter(pk=job.pk).update(token=1, lease_until=Now() - LEASE)
        original(staging, chunk, **options)
        written.append(chunk)

    monkeypatch.setattr(roll_engine, "write_chunk", write_chunk)
    run_job(job.pk)
    assert len(written) == 2
    assert chunks.left_to_do(Staging(run.pk))[1] == sum(chunk.rows for chunk in written)
    monkeypatch.setattr(roll_engine, "write_chunk", original)
    assert run_job(job.pk).state == "succeeded"
    assert electors() == wanted


@pytest.mark.parametrize(
    "loses_staging", [False, True], ids=["goes on", "PostgreSQL empties the staging meanwhile"]
)
@pytest.mark.parametrize("kind", ["roll", "address-book"])
def test_a_paused_import_goes_on_like_one_that_nothing_disturbed(
    roll, tmp_path, monkeypatch, kind, loses_staging
) -> None:
    if kind == "roll":
        path, source, seen, engine = roll, roll_source(), electors, roll_engine
    else:
        path, seen, engine = tmp_path / "google.csv", persons, people_engine
        write_csv(path, google(people(450, seed=5, departments=["60"])))
        source = Source.objects.create(name="Book", kind="address_book", lawful_basis="consent")
    wanted = undisturbed(path, kind=kind, source=source, seen=seen)
    run = previewed(path, kind=kind, source=source)
    monkeypatch.setattr("contacts.imports.lanes.MAX_LANES", 1)
    original, written = engine.write_chunk, []

    def write_chunk(staging, chunk, **options):
        if len(written) == 2:
            pause_import(run=Import.objects.get(pk=run.pk), by=None)
        original(staging, chunk, **options)
        written.append(chunk)

    monkeypatch.setattr(engine, "write_chunk", write_chunk)
    job = run_job(enqueue_run(run=run, by=None).pk)
    assert (job.state, len(written)) == (Job.State.PAUSED, 2)
    with pytest.raises(JobStopped, match="not waiting"):
        run_job(job.pk)
    monkeypatch.setattr(engine, "write_chunk", original)
    if loses_staging:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {Staging(run.pk).table(chunks.TABLE)}")
    resume_import(run=Import.objects.get(pk=run.pk), by=None)
    assert run_job(job.pk).state == "succeeded"
    run.refresh_from_db()
    assert (run.state, seen() == wanted) == (Import.State.DONE, True)


def test_a_worker_that_is_still_at_a_chunk_when_the_import_goes_on_keeps_nothing_of_it(
    roll, monkeypatch
) -> None:
    """Paused and resumed within one chunk: whoever takes the job over writes it, the first worker not."""
    source = roll_source()
    wanted = undisturbed(roll, kind="roll", source=source, seen=electors)
    run = previewed(roll, kind="roll", source=source)
    monkeypatch.setattr("contacts.imports.lanes.MAX_LANES", 1)
    original, written = roll_engine.write_chunk, []

    def write_chunk(staging, chunk, **options):
        if len(written) == 1:
            pause_import(run=Import.objects.get(pk=run.pk), by=None)
            resume_import(run=Import.objects.get(pk=run.pk), by=None)
        original(staging, chunk, **options)
        written.append(chunk)

    monkeypatch.setattr(roll_engine, "write_chunk", write_chunk)
    job = run_job(enqueue_run(run=run, by=None).pk)
    assert (job.state, len(written)) == (Job.State.QUEUED, 1)
    monkeypatch.setattr(roll_engine, "write_chunk", original)
    assert run_job(job.pk).state == "succeeded"
    assert electors() == wanted


KILLED = """
import sys
import django
django.setup()
from django.core.management import call_command
from contacts.imports.rolls import engine
engine.ROWS_A_CHUNK = 100
call_command("import_contacts", sys.argv[1], "--kind", "roll", "--source", "Roll")
"""


def test_an_import_that_is_killed_goes_on_in_another_process(roll, tmp_path) -> None:
    source = roll_source()
    wanted = undisturbed(roll, kind="roll", source=source, seen=electors)
    script = tmp_path / "killed.py"
    script.write_text(KILLED, encoding="utf-8")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "campaign_crm.settings",
        "PYTHONPATH": str(PROJECT),
    }
    process = subprocess.Popen([sys.executable, script, roll], env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not ElectoralRegistration.objects.exists() and time.monotonic() < deadline:
        assert process.poll() is None, "the command ended before it wrote anything"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    run = Import.objects.latest("pk")
    assert run.state == Import.State.RUNNING
    Job.objects.filter(pk=run.job_id).update(lease_until=Now() - LEASE)
    assert run_job(run.job_id).state == "succeeded"
    run.refresh_from_db()
    assert electors() == wanted
    assert run.counts["new"] == len(wanted)


def test_two_lanes_write_what_one_does(roll, monkeypatch) -> None:
    source = roll_source()
    monkeypatch.setattr("contacts.imports.lanes.MAX_LANES", 1)
    wanted = undisturbed(roll, kind="roll", source=source, seen=electors)
    monkeypatch.setattr("contacts.imports.lanes.MAX_LANES", 2)
    import_file(roll, kind="roll", source=source)
    assert electors() == wanted
