"""Make a backup; restore one."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from campaign_crm.platform.backup import archive, around, database
from campaign_crm.platform.backup.archive import Manifest
from campaign_crm.platform.backup.errors import BackupError
from campaign_crm.platform.backup.passphrase import is_sealed, seal, unseal
from campaign_crm.platform.crypto import hash_key_fingerprint
from campaign_crm.platform.keys import NAMES
from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.owner import log_in_as_owner

Say = Callable[[str], None]


@dataclass(frozen=True)
class Restored:
    """What a restore put back."""

    manifest: Manifest
    uploads: int  # files
    kept_uploads: Path | None  # where the uploads that were there before are
    keys_written: Path | None  # the keys file that was replaced, on an installation that keeps its keys there


def default_path() -> Path:
    """Where a backup goes when no path is given: VAR_DIR/backups, named by the moment (UTC)."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return Path(settings.VAR_DIR) / "backups" / f"campaign-crm-{moment}.tar"


def make_backup(*, path: Path, with_keys: bool = True, passphrase: str = "") -> Manifest:
    """Write the database, the uploads and the keys into one archive at `path`; the product may go on working.

    `passphrase` seals the keys; without keys they must be kept elsewhere, or what stands sealed is lost.
    Raises BackupError when the path exists or something cannot be saved; then nothing is left at `path`.
    """
    if path.exists():
        raise BackupError(
            f"{path} exists already. Choose another path: an older backup is never overwritten."
        )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with log_in_as_owner(), tempfile.TemporaryDirectory(dir=path.parent) as folder:
        manifest = _manifest()
        dump = Path(folder) / archive.DATABASE
        database.dump(dump)
        keys = _keys() if with_keys else ""
        if keys and passphrase:
            keys = seal(keys, passphrase)
        archive.write(path, manifest, dump=dump, keys=keys, media=Path(settings.MEDIA_ROOT))
    return manifest


def restore_backup(*, path: Path, replace: bool, say: Say, passphrase: str = "") -> Restored:
    """Put back the database, the uploads and the keys of `path`.

    Everything is checked first; the database is replaced in one transaction and then brought up to date.
    Sending is off afterwards until a person allows it. Raises BackupError, with nothing changed, when the
    archive is damaged or newer than this version, when other keys are set, when programs still run, or when
    there is data to lose and `replace` is False.
    """
    manifest = archive.read_manifest(path)
    say("Checking the archive…")
    archive.check(path, manifest)
    _check_version(path, manifest)
    keys = _keys_of(path, passphrase)
    _check_keys(path, manifest, keys)
    with log_in_as_owner(), tempfile.TemporaryDirectory(dir=settings.VAR_DIR) as folder:
        _check_target(replace=replace)
        for act in around.before.values():
            act()
        say("Restoring the database…")
        dump = Path(folder) / archive.DATABASE
        archive.extract(path, archive.DATABASE, dump)
        connection.close()
        database.restore(dump)
    written = _write_keys(keys) if keys else None
    uploads, kept = _restore_uploads(path)
    say("Bringing it up to date…")
    _migrate()
    say(_after_restore())
    cache.clear()
    return Restored(manifest, uploads, kept, written)


def _manifest() -> Manifest:
    organisation = Organisation.objects.first()
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
    return Manifest(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        postgresql=version,
        installation_id=str(organisation.installation_id) if organisation else "",
        hash_key_fingerprint=organisation.hash_key_fingerprint if organisation else "",
        migrations=sorted([app, name] for app, name in MigrationRecorder(connection).applied_migrations()),
    )


def _keys() -> str:
    """The keys in use, as lines of an environment file."""

    def words(keys: list[bytes]) -> str:
        return ",".join(base64.urlsafe_b64encode(key).decode().rstrip("=") for key in keys)

    values = {
        "SECRET_KEY": settings.SECRET_KEY,
        "LINK_KEYS": words(settings.LINK_KEYS),
        "ENCRYPTION_KEYS": words(settings.ENCRYPTION_KEYS),
        "HASH_KEY": words([settings.HASH_KEY]),
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _check_version(path: Path, manifest: Manifest) -> None:
    known = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations or {})
    unknown = [f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known]
    if unknown:
        raise BackupError(
            f"{path} was made by a newer version of Campaign CRM (it knows the change {unknown[0]}). "
            "Update the program, then restore."
        )


def _keys_file() -> Path | None:
    """The file that holds the keys of a one-machine installation; None when the environment gives them."""
    given = any(os.environ.get(name) or os.environ.get(f"{name}_FILE") for name in NAMES)
    return None if given else Path(settings.VAR_DIR) / "keys.env"


def _keys_of(path: Path, passphrase: str) -> str:
    """The keys of an archive; empty when it was made without them."""
    keys = archive.read_text(path, archive.KEYS)
    if not is_sealed(keys):
        return keys
    if not passphrase:
        raise BackupError("The keys of this backup are sealed: give the passphrase (--passphrase-file FILE).")
    return unseal(keys, passphrase)


def _check_keys(path: Path, manifest: Manifest, keys: str) -> None:
    if not keys:
        if manifest.hash_key_fingerprint not in ("", hash_key_fingerprint()):
            raise BackupError(
                "This backup was made without its keys, and this installation has others. Set the keys that "
                "were kept apart (SECRET_KEY, LINK_KEYS, ENCRYPTION_KEYS, HASH_KEY) first, then restore."
            )
        return
    if _keys_file() is None and _lines(keys, "HASH_KEY") != _lines(_keys(), "HASH_KEY"):
        raise BackupError(
            "This installation's HASH_KEY is not the one of the backup: its do-not-contact list could not be "
            f"read. Set the keys of the backup first; they are in it: tar -xOf {path} {archive.KEYS}"
        )


def _lines(keys: str, name: str) -> list[str]:
    return [line for line in keys.splitlines() if line.startswith(f"{name}=")]


def _check_target(*, replace: bool) -> None:
    has_tables = User._meta.db_table in connection.introspection.table_names()
    if has_tables and not replace and User.objects.exists():
        raise BackupError(
            "This installation has accounts and data, which a restore replaces. If you mean it: --replace"
        )
    sessions = database.other_sessions()
    if sessions:
        raise BackupError(
            f"The database is in use ({sessions} other connections). End the program (`make run`, or the "
            "web, worker and beat services) before a restore."
        )


def _migrate() -> None:
    """Migrate in another process: this one may hold other keys than the database just restored."""
    command = [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity", "0"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BackupError(
            "The backup is restored, but could not be brought up to this version; correct what follows, then "
            f"run `python manage.py migrate`.\n{done.stderr.strip()}"
        )


def _after_restore() -> str:
    """In another process, as `_migrate`: erasures that the backup did not know are done again."""
    command = [sys.executable, "manage.py", "after_restore"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BackupError(
            "The backup is restored, but what was erased since could not be erased again; correct what "
            "follows, then run `python manage.py after_restore` before anybody works with it.\n"
            f"{done.stderr.strip()}"
        )
    return done.stdout.strip()


def replaced_uploads() -> list[Path]:
    """Folders of uploads that restores put aside."""
    media = Path(settings.MEDIA_ROOT)
    return sorted(one for one in media.parent.glob(f"{media.name}.before-*") if one.is_dir())


def drop_replaced_uploads() -> int:
    """Delete them: whoever allows sending again has checked what was restored. Returns how many."""
    found = replaced_uploads()
    for folder in found:
        shutil.rmtree(folder, ignore_errors=True)
    return len(found)


def _restore_uploads(path: Path) -> tuple[int, Path | None]:
    media = Path(settings.MEDIA_ROOT)
    incoming = media.with_name(f"{media.name}.incoming")
    incoming.mkdir(parents=True, exist_ok=True)
    count = archive.extract_media(path, incoming)
    kept = None
    drop_replaced_uploads()  # of earlier restores: the last one is enough to go back to
    if media.exists() and any(media.iterdir()):
        kept = media.with_name(f"{media.name}.before-{datetime.now(UTC):%Y%m%d-%H%M%S}")
        media.rename(kept)
    elif media.exists():
        media.rmdir()
    incoming.rename(media)
    return count, kept


def _write_keys(keys: str) -> Path | None:
    path = _keys_file()
    if path is None or (path.exists() and path.read_text(encoding="utf-8") == keys):
        return None
    if path.exists():
        path.rename(path.with_name(f"keys.env.before-{datetime.now(UTC):%Y%m%d-%H%M%S}"))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(keys)
    return path
