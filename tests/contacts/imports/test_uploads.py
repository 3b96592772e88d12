"""Files in pieces: what has arrived counts, exactly, and the rest follows."""

import hashlib
import os
import time

import pytest

from contacts.imports import files, uploads
from contacts.imports.errors import UnreadableFile
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
    path = uploads.take(upload)
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
        uploads.take(upload)


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
    assert uploads.take(upload).read_bytes() == CONTENT


def test_an_upload_is_its_owners_alone() -> None:
    upload = begun()
    assert uploads.find(upload.id, by_id=7) == upload
    for wrong, by_id in ((upload.id, 8), ("0" * 32, 7), ("../x", 7), ("", 7)):
        with pytest.raises(NoUpload):
            uploads.find(wrong, by_id=by_id)


def test_a_file_that_is_being_read_is_not_read_twice() -> None:
    upload = begun(size=10_000)
    send(upload, 0)
    uploads.take(upload)
    with pytest.raises(StillRead):
        uploads.take(upload)
    uploads.note_import(upload, 12)
    assert uploads.find(upload.id, by_id=7).import_id == 12
    assert uploads.unfinished(7) == []


def test_what_can_never_arrive_is_refused_at_once(settings, monkeypatch) -> None:
    with pytest.raises(UnreadableFile, match="empty"):
        begun(size=0)
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 10})())
    with pytest.raises(UnreadableFile, match="no room"):
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
