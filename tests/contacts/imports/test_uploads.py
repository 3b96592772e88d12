"""Files in pieces: what has arrived counts, exactly, and the rest follows."""

import errno
import hashlib
import os
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from contacts.imports import arrived, files, room, uploads
from contacts.imports.errors import DiskFull, NotNow, UnreadableFile
from contacts.imports.tidying import drop_unneeded_files
from contacts.imports.uploads import NoUpload, StillRead, WrongOffset
from contacts.models import Import

CONTENT = bytes(range(256)) * 100  # two pieces and a half


@pytest.fixture(autouse=True)
def _small(settings, tmp_path, monkeypatch):
    """Pieces of ten thousand bytes, in a folder of the test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr(uploads, "PIECE_BYTES", 10_000)


def begun(**values):
    return uploads.begin(**{"name": "roll.csv", "size": len(CONTENT), "mark": "1", "by_id": 7, **values})


def send(upload, offset):
    piece = CONTENT[offset : offset + 10_000]
    return uploads.append(upload, offset=offset, piece=piece, sha256=hashlib.sha256(piece).hexdigest())


def test_pieces_in_order_make_the_file(tmp_path) -> None:
    upload = begun()
    assert [send(upload, offset) for offset in (0, 10_000, 20_000)] == [10_000, 20_000, len(CONTENT)]
    path = uploads.place(upload)
    assert path.read_bytes() == CONTENT
    assert (path.parent, path.stat().st_mode & 0o777) == (files.folder(), 0o600)


def test_the_same_file_chosen_again_goes_on_where_it_stopped() -> None:
    send(begun(), 0)
    again = begun()
    assert again.received == 10_000
    assert [other.received for other in (begun(mark="2"), begun(name="b.csv"), begun(by_id=8))] == [0, 0, 0]
    assert {upload.by_id for upload in uploads.unfinished(7)} == {7}


def test_a_piece_that_does_not_follow_is_not_taken() -> None:
    upload = begun()
    send(upload, 0)
    for offset in (0, 20_000, -1):
        with pytest.raises(WrongOffset) as wrong:
            uploads.append(upload, offset=offset, piece=CONTENT[:10_000])
        assert wrong.value.received == 10_000
    with pytest.raises(WrongOffset):
        uploads.place(upload)


def test_a_damaged_piece_is_asked_for_again() -> None:
    upload = begun()
    with pytest.raises(WrongOffset) as wrong:
        uploads.append(upload, offset=0, piece=b"x" * 10_000, sha256=hashlib.sha256(b"y").hexdigest())
    assert (wrong.value.received, upload.received) == (0, 0)
    with pytest.raises(UnreadableFile, match="incomplete"):
        uploads.append(upload, offset=0, piece=b"x")


def test_a_piece_that_a_crash_left_half_written_does_not_count() -> None:
    upload = begun()
    send(upload, 0)
    with upload.data.open("ab") as file:
        file.write(b"half")
    assert upload.received == 10_000
    send(upload, 10_000)
    send(upload, 20_000)
    assert uploads.place(upload).read_bytes() == CONTENT


def test_an_upload_is_its_owners_alone() -> None:
    upload = begun()
    assert uploads.find(upload.id, by_id=7) == upload
    for wrong, by_id in ((upload.id, 8), ("0" * 32, 7), ("../x", 7), ("", 7)):
        with pytest.raises(NoUpload):
            uploads.find(wrong, by_id=by_id)


class Killed(BaseException):
    """What no handler of errors sees, as the end of a process."""


def dies(*_values, **_named):
    raise Killed


def whole():
    upload = begun(size=10_000)
    send(upload, 0)
    return upload


def start(path):
    return Import.objects.create(kind="roll", file_path=str(path))


@pytest.mark.django_db
def test_a_file_becomes_one_import_however_often_it_is_asked() -> None:
    upload = whole()
    import_id = arrived.become_import(upload, start=start)
    assert arrived.become_import(upload, start=dies) == import_id
    assert uploads.find(upload.id, by_id=7).import_id == import_id
    assert uploads.unfinished(7) == []
    assert upload.kept.read_bytes() == CONTENT[:10_000]


@pytest.mark.django_db
def test_a_file_whose_reader_was_killed_is_read_from_where_it_is() -> None:
    upload = whole()
    with pytest.raises(Killed):
        arrived.become_import(upload, start=dies)
    assert begun(size=10_000) == upload  # the same file chosen again
    assert (upload.is_whole, upload.data.exists(), upload.kept.exists()) == (True, False, True)
    run = Import.objects.get(pk=arrived.become_import(upload, start=start))
    assert run.file_path == str(upload.kept)


@pytest.mark.django_db
def test_an_import_that_was_begun_and_not_noted_is_found(monkeypatch) -> None:
    upload = whole()
    with monkeypatch.context() as once:
        once.setattr(uploads, "note_import", dies)
        with pytest.raises(Killed):
            arrived.become_import(upload, start=start)
    run = Import.objects.get()
    assert arrived.begun_import(upload.kept) == run
    uploads.forget(upload)
    assert upload.kept.exists()  # the import has it


READER = """
import os, sys, time
from pathlib import Path
from contacts.imports.holding import hold
with hold(Path(sys.argv[1]), wait=True):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.django_db
def test_a_file_is_read_by_one_process_at_a_time_and_by_the_next_when_that_is_killed() -> None:
    upload = whole()
    command = [sys.executable, "-c", READER, str(upload.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout.readline() == "held\n"
        with pytest.raises(StillRead):
            arrived.become_import(upload, start=start)
        with pytest.raises(StillRead):
            uploads.forget(upload)
        reader.kill()
        reader.wait()
    assert arrived.become_import(upload, start=start) == Import.objects.get().pk


@pytest.mark.django_db
@pytest.mark.parametrize(
    "error", [DiskFull("full"), NotNow("slow"), RuntimeError(), OSError(errno.ENOSPC, "no space")], ids=repr
)
def test_what_may_pass_leaves_the_file_for_another_try(error) -> None:
    def fails(_path):
        raise error

    upload = whole()
    with pytest.raises((type(error), DiskFull)):
        arrived.become_import(upload, start=fails)
    assert begun(size=10_000).received == 10_000
    assert arrived.become_import(upload, start=start)


@pytest.mark.django_db
def test_a_file_refused_for_what_it_holds_goes() -> None:
    def refuses(_path):
        raise UnreadableFile("no table")

    upload = whole()
    with pytest.raises(UnreadableFile):
        arrived.become_import(upload, start=refuses)
    assert [*files.folder().iterdir(), *uploads.folder().iterdir()] == []
    with pytest.raises(NoUpload):
        arrived.become_import(upload, start=start)


def test_a_full_disk_is_said_and_what_arrived_before_stays(monkeypatch) -> None:
    upload = begun()
    send(upload, 0)
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", lambda _file: (_ for _ in ()).throw(OSError(errno.ENOSPC, "no space")))
        with pytest.raises(DiskFull, match="disk is full"):
            send(upload, 10_000)
    assert upload.data.stat().st_size == upload.received == 10_000
    assert send(upload, 10_000) == 20_000


def has_free(monkeypatch, count) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(free=count + room.SPARE_BYTES))


def test_room_is_promised_to_files_on_their_way(monkeypatch) -> None:
    has_free(monkeypatch, 2 * len(CONTENT))
    first, second = begun(), begun(by_id=8)
    with pytest.raises(DiskFull, match="no room"):
        begun(by_id=9, size=1)
    assert begun() == first  # chosen again, it needs no more than before
    send(first, 0)
    has_free(monkeypatch, 2 * len(CONTENT) - 10_000)
    with pytest.raises(DiskFull):
        begun(by_id=9, size=1)
    long_ago = time.time() - uploads.PROMISED_SECONDS - 1
    os.utime(second.folder, (long_ago, long_ago))  # nobody sends it any more
    assert begun(by_id=9, size=len(CONTENT)).received == 0
    with pytest.raises(DiskFull):
        begun(by_id=8)


def test_what_can_never_arrive_is_refused_at_once(settings, monkeypatch) -> None:
    with pytest.raises(UnreadableFile, match="empty"):
        begun(size=0)
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 10})())
    with pytest.raises(DiskFull, match="no room"):
        begun()
    settings.UPLOAD_MAX_BYTES = 10
    with pytest.raises(UnreadableFile, match="larger than"):
        begun()


def test_one_person_leaves_no_heap_of_them(monkeypatch) -> None:
    monkeypatch.setattr(uploads, "UNFINISHED_MOST", 3)
    for number in range(6):
        begun(mark=f"mark {number}")
    assert len(uploads.unfinished(7)) == 3


def make_old(path) -> None:
    long_ago = time.time() - 8 * 24 * 3600
    os.utime(path, (long_ago, long_ago))


@pytest.mark.django_db
def test_what_no_import_needs_is_tidied_away() -> None:
    old, fresh = begun(), begun(mark="2")
    make_old(old.folder)
    kept = {name: files.folder() / name for name in ("file.csv", "table.csv", "lost.csv", "young.csv")}
    for name, path in kept.items():
        path.write_text("x")
        if name != "young.csv":
            make_old(path)
    work = files.folder() / "work-1"
    work.mkdir()
    make_old(work)
    Import.objects.create(
        kind="roll", file_path=str(kept["file.csv"]), layout={"table": str(kept["table.csv"])}
    )
    assert drop_unneeded_files() == 3
    assert sorted(path.name for path in files.folder().iterdir()) == [
        "file.csv", "table.csv", "young.csv",
    ]  # fmt: skip
    assert uploads.unfinished(7) == [fresh]
