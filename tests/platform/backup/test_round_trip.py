"""What was saved comes back, whole or not at all."""

from __future__ import annotations

import io
import json
import stat
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from campaign_crm.platform.backup import archive, database, service
from campaign_crm.platform.models import Organisation, User

pytestmark = pytest.mark.django_db(transaction=True)
OF_THE_RESTORE = ("platform_organisation\tU\t{sending_enabled}", "platform_history_number")


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    return settings.MEDIA_ROOT


@pytest.fixture
def saved(media: Path, tmp_path: Path) -> Path:
    """A backup of one account and one upload."""
    User.objects.create_user(email="first@example.org", password="a long pass phrase", full_name="Anne Morel")
    Organisation.objects.update_or_create(id=1, defaults={"name": "Avant", "sending_enabled": True})
    (media / "pictures").mkdir()
    (media / "pictures" / "logo.png").write_bytes(b"\x89PNG as before")
    path = tmp_path / "backups" / "one.tar"
    call_command("backup", str(path), stdout=io.StringIO())
    return path


@pytest.fixture
def changed_since(saved: Path, media: Path) -> Iterator[Path]:
    """The same installation, gone on since."""
    User.objects.create_user(email="second@example.org", password="a long pass phrase", full_name="Luc Petit")
    Organisation.objects.update(name="Après")
    (media / "pictures" / "logo.png").write_bytes(b"changed")
    (media / "new.txt").write_text("new")
    connection.close()
    yield saved
    connection.close()


def restore(path: Path, *, replace: bool = True) -> str:
    output = io.StringIO()
    call_command("restore", str(path), replace=replace, stdout=output)
    return output.getvalue()


def emails() -> list[str]:
    return sorted(User.objects.values_list("email", flat=True))


def test_a_restore_brings_back_rows_uploads_and_rights_and_sends_nothing(
    changed_since: Path, media: Path
) -> None:
    said = restore(changed_since)
    assert emails() == ["first@example.org"]
    organisation = Organisation.objects.get()
    assert (organisation.name, organisation.sending_enabled) == ("Avant", False)
    assert (media / "pictures" / "logo.png").read_bytes() == b"\x89PNG as before"
    assert sorted(path.name for path in media.iterdir()) == ["pictures"]
    (kept,) = media.parent.glob("media.before-*")
    assert (kept / "new.txt").read_text() == "new"
    assert str(kept) in said
    with connection.cursor() as cursor:  # the application still owns nothing and may write
        cursor.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        assert cursor.fetchall() == [("crm_owner",)]
        cursor.execute("SELECT has_schema_privilege('crm_system', 'staging', 'CREATE')")
        assert cursor.fetchone() == (True,)
    User.objects.create_user(email="third@example.org", password="a long pass phrase", full_name="Zoé Roy")


def test_a_restored_database_equals_the_saved_one(saved: Path, tmp_path: Path) -> None:
    restore(saved)
    Organisation.objects.update(sending_enabled=True)
    again = tmp_path / "again.tar"
    call_command("backup", str(again), stdout=io.StringIO())
    for part in ("--data-only", "--section=pre-data"):
        assert content_of(saved, part, tmp_path) == content_of(again, part, tmp_path)


def content_of(path: Path, part: str, folder: Path) -> list[str]:
    """Lines of rows, or of structure and rights; no comments, no random restriction key, no check (PostgreSQL
    words the same check differently once it has read it back), not what the history says of sending off and
    on again, and its counter."""
    dump = folder / "read.dump"
    archive.extract(path, archive.DATABASE, dump)
    program = database.postgres_client("pg_restore", server_major=15)
    done = subprocess.run([program, part, "--file=-", dump], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    lines = [line for line in lines if not any(sign in line for sign in OF_THE_RESTORE)]
    return [line for line in lines if not line.startswith(("--", "\\")) and " CHECK " not in line]


def test_an_archive_is_private_and_says_what_it_holds(saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert [path.name for path in saved.parent.iterdir()] == ["one.tar"]
    manifest = archive.read_manifest(saved)
    assert set(manifest.members) == {"database.dump", "keys.env", "media/pictures/logo.png"}
    applied = MigrationRecorder(connection).applied_migrations()
    assert {tuple(known) for known in manifest.migrations} == set(applied)
    assert "HASH_KEY=" in archive.read_text(saved, archive.KEYS)


def test_data_is_not_replaced_unless_told_to(changed_since: Path) -> None:
    with pytest.raises(CommandError, match="--replace"):
        restore(changed_since, replace=False)
    assert emails() == ["first@example.org", "second@example.org"]


def test_a_damaged_archive_changes_nothing(changed_since: Path) -> None:
    content = bytearray(changed_since.read_bytes())
    content[len(content) // 2] ^= 0xFF
    changed_since.write_bytes(content)
    with pytest.raises(CommandError, match="damaged"):
        restore(changed_since)
    changed_since.write_bytes(content[: len(content) // 2])
    with pytest.raises(CommandError, match=r"damaged or cut short|not a backup"):
        restore(changed_since)
    assert emails() == ["first@example.org", "second@example.org"]


def test_a_dump_that_fails_midway_changes_nothing(changed_since: Path, tmp_path: Path) -> None:
    dump = tmp_path / "cut.dump"
    archive.extract(changed_since, archive.DATABASE, dump)
    dump.write_bytes(dump.read_bytes()[:-2000])
    with service.log_in_as_owner(), pytest.raises(service.BackupError, match="as it was before"):
        database.restore(dump)
    assert emails() == ["first@example.org", "second@example.org"]


def test_an_archive_of_a_newer_version_is_refused(changed_since: Path) -> None:
    members = {}
    with tarfile.open(changed_since) as tar:
        for member in tar:
            members[member.name] = tar.extractfile(member).read()
    manifest = json.loads(members[archive.MANIFEST])
    manifest["migrations"].append(["contacts", "9999_from_the_future"])
    members[archive.MANIFEST] = json.dumps(manifest).encode()
    with tarfile.open(changed_since, "w") as tar:
        for name, data in members.items():
            information = tarfile.TarInfo(name)
            information.size = len(data)
            tar.addfile(information, io.BytesIO(data))
    with pytest.raises(CommandError, match=r"newer version.*contacts\.9999_from_the_future"):
        restore(changed_since)


def test_another_hash_key_is_refused(changed_since: Path, settings: Any) -> None:
    settings.HASH_KEY = b"another key, of 32 bytes exactly"
    with pytest.raises(CommandError, match="HASH_KEY is not the one of the backup"):
        restore(changed_since)


def test_a_database_in_use_is_left_alone(changed_since: Path, settings: Any) -> None:
    other = psycopg2.connect(settings.SERVERS.database_url)
    try:
        with pytest.raises(CommandError, match="in use"):
            restore(changed_since)
    finally:
        other.close()


def test_a_name_that_leaves_the_uploads_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as tar:
        information = tarfile.TarInfo("media/../../outside.txt")
        tar.addfile(information, io.BytesIO(b""))
    with pytest.raises(service.BackupError, match="which no backup has"):
        archive.extract_media(path, tmp_path / "media")


def test_an_existing_backup_is_never_overwritten(saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", str(saved), stdout=io.StringIO())
    assert saved.read_bytes() == before
