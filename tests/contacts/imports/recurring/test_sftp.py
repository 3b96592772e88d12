"""A real SFTP server: its key is confirmed first, its new files come in, nothing secret goes to another."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncssh
import pytest

from campaign_crm.platform.models import AuditEntry
from contacts.imports.errors import ImportProblem
from contacts.imports.recurring import sftp
from contacts.imports.recurring.errors import PlaceProblem, UnknownHostKey
from contacts.imports.recurring.service import change_recurring, confirm_host_key, test_connection
from contacts.models import Contact, Import, RecurringImport
from tests.contacts.imports.recurring.conftest import confirm, look
from tests.support.sftp_server import PASSWORD, USER, Drop, sftp_server

test_connection.__test__ = False  # a service, not a test

HEADER = "Prénom;Nom;Email\n"
LEA, KARIM = "Léa;Martin;lea@example.org\n", "Karim;Petit;karim@example.org\n"
OLD = 3_600


@pytest.fixture(scope="module")
def host_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "drop"
    (path / "out").mkdir(parents=True)
    return path


@pytest.fixture
def drop(root: Path, host_key: asyncssh.SSHKey) -> Iterator[Drop]:
    with sftp_server(root, host_key=host_key) as served:
        yield served


@pytest.fixture
def made(recurring: Callable[..., RecurringImport], drop: Drop) -> RecurringImport:
    """Set up, its server not confirmed yet."""
    location = {"host": "127.0.0.1", "port": drop.port, "user": USER, "path": "out", "pattern": "*.csv"}
    return recurring("sftp", location=location, credentials={"password": PASSWORD})


@pytest.fixture
def trusted(made: RecurringImport) -> RecurringImport:
    confirm_host_key(recurring=made, host_key=sftp.shown_key(made.location), by=None)
    made.refresh_from_db()
    return made


def put(path: Path, text: str, *, age: float = OLD) -> None:
    path.write_text(text, encoding="utf-8")
    moment = time.time() - age
    os.utime(path, (moment, moment))


def test_the_key_is_shown_before_anything_secret_is_sent(
    made: RecurringImport, drop: Drop, host_key: asyncssh.SSHKey
) -> None:
    with pytest.raises(UnknownHostKey) as unknown:
        test_connection(recurring=made)
    assert sftp.fingerprint(unknown.value.shown) == host_key.get_fingerprint()
    assert drop.logins == 0
    assert "Nobody confirmed the key" in look(made).error
    confirm_host_key(recurring=made, host_key=unknown.value.shown, by=None)
    made.refresh_from_db()
    assert (test_connection(recurring=made), drop.logins) == (0, 1)
    assert AuditEntry.objects.get(action="recurring.confirm_key").detail == {
        "key": host_key.get_fingerprint()
    }


def test_new_files_come_in_and_known_ones_are_not_fetched_again(
    trusted: RecurringImport, root: Path, drop: Drop
) -> None:
    put(root / "out" / "first.csv", HEADER + LEA)
    put(root / "out" / "readme.txt", "no table")
    (root / "out" / "below.csv").mkdir()
    assert test_connection(recurring=trusted) == 2
    look(trusted)
    confirm(trusted)
    put(root / "out" / "second.csv", HEADER + KARIM)
    look(trusted)
    fetched = drop.fetched
    look(trusted)
    assert (trusted.error, drop.fetched) == ("", fetched)
    assert list(Import.objects.values_list("state", flat=True)) == ["done", "done"]
    assert Contact.objects.count() == 2


def test_a_server_with_another_key_than_the_one_kept_gets_no_password(
    made: RecurringImport, root: Path
) -> None:
    other = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
    made.host_key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    with sftp_server(root, host_key=other) as served:
        made.location = {**made.location, "port": served.port}
        made.save()
        with pytest.raises(UnknownHostKey, match="another key") as unknown:
            test_connection(recurring=made)
        assert served.logins == 0
    assert sftp.fingerprint(unknown.value.shown) == other.get_fingerprint()


def test_a_private_key_with_a_passphrase_opens_the_drop(
    recurring: Callable[..., RecurringImport], root: Path, host_key: asyncssh.SSHKey
) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    text = key.export_private_key("pkcs8-pem", passphrase="long words").decode()
    with sftp_server(root, host_key=host_key, client_key=key) as served:
        location = {"host": "127.0.0.1", "port": served.port, "user": USER, "path": "out"}
        with pytest.raises(ImportProblem, match="passphrase"):
            recurring("sftp", location=location, credentials={"private_key": text, "passphrase": "no"})
        made = recurring(
            "sftp", location=location, credentials={"private_key": text, "passphrase": "long words"}
        )
        assert "PRIVATE" not in made.sealed_credentials
        made.host_key = host_key.export_public_key().decode()
        assert test_connection(recurring=made) == 0


def test_wrong_password_missing_folder_and_silent_server_are_told_in_words(
    trusted: RecurringImport, root: Path, drop: Drop
) -> None:
    trusted.location = {**trusted.location, "path": "missing"}
    with pytest.raises(PlaceProblem, match="“missing” of the server cannot be read"):
        test_connection(recurring=trusted)
    change_recurring(recurring=trusted, credentials={"password": "wrong"}, by=None)
    with pytest.raises(PlaceProblem, match="refuses the user name"):
        test_connection(recurring=trusted)
    trusted.location = {**trusted.location, "port": 9}
    with pytest.raises(PlaceProblem, match=r"“127\.0\.0\.1” cannot be reached"):
        test_connection(recurring=trusted)


def test_another_server_needs_its_own_password_and_its_own_confirmation(trusted: RecurringImport) -> None:
    elsewhere = {**trusted.location, "host": "localhost"}
    with pytest.raises(ImportProblem, match="type the password"):
        change_recurring(recurring=trusted, location=elsewhere, credentials={}, by=None)
    trusted.refresh_from_db()
    change_recurring(recurring=trusted, location=elsewhere, credentials={"password": "other"}, by=None)
    trusted.refresh_from_db()
    assert trusted.host_key == ""
