"""A backup whose keys are sealed by a passphrase, or left out: the archive alone opens nothing sealed."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from campaign_crm.platform.backup import archive, passphrase
from campaign_crm.platform.backup.errors import BackupError
from campaign_crm.platform.backup.service import restore_backup
from campaign_crm.platform.models import Organisation, User
from tests.environment import TestServers

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "five words that nobody guesses"


@pytest.fixture
def words(tmp_path: Path, settings) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    User.objects.create_user(email="first@example.org", full_name="Anne Morel")
    path = tmp_path / "words"
    path.write_text(f"{WORDS}\n")
    return path


def backup(path: Path, **options) -> str:
    said = io.StringIO()
    call_command("backup", str(path), stdout=said, **options)
    return said.getvalue()


def test_keys_are_sealed_and_opened_by_the_passphrase_only(
    words: Path, tmp_path: Path, servers: TestServers
) -> None:
    path = tmp_path / "one.tar"
    assert "keep the passphrase elsewhere" in backup(path, passphrase_file=words)
    kept = archive.read_text(path, archive.KEYS)
    assert passphrase.is_sealed(kept)
    assert "HASH_KEY" not in kept
    assert "HASH_KEY=" in passphrase.unseal(kept, WORDS)
    with pytest.raises(BackupError, match="give the passphrase"):
        restore_backup(path=path, replace=True, say=print)
    with pytest.raises(BackupError, match="not the passphrase"):
        restore_backup(path=path, replace=True, say=print, passphrase="some other words entirely")
    User.objects.create_user(email="second@example.org", full_name="Luc Petit")
    connection.close()
    call_command("restore", str(path), replace=True, passphrase_file=words, stdout=io.StringIO())
    assert [user.email for user in User.objects.all()] == ["first@example.org"]
    connection.close()


def test_without_keys_only_an_installation_that_has_them_restores(
    words: Path, tmp_path: Path, settings
) -> None:
    Organisation.objects.update_or_create(id=1, defaults={"name": "Before"})
    Organisation.objects.update(hash_key_fingerprint="another one")
    path = tmp_path / "one.tar"
    assert "It holds no keys" in backup(path, without_keys=True)
    assert archive.read_text(path, archive.KEYS) == ""
    settings.HASH_KEY = os.urandom(32)
    with pytest.raises(BackupError, match="made without its keys"):
        restore_backup(path=path, replace=True, say=print)
    assert User.objects.exists()


def test_a_passphrase_that_anybody_guesses_is_refused(words: Path, tmp_path: Path) -> None:
    words.write_text("short\n")
    with pytest.raises(CommandError, match="too short"):
        backup(tmp_path / "one.tar", passphrase_file=words)
    with pytest.raises(CommandError, match="cannot be read"):
        backup(tmp_path / "two.tar", passphrase_file=tmp_path / "nothing")
    assert not list(tmp_path.glob("*.tar"))
