"""The archive of a backup: a tar file whose first member says what the others are.

manifest.json   format, moment, versions, applied migrations, size and SHA-256 of every other member
database.dump   pg_dump, custom format
keys.env        SECRET_KEY, LINK_KEYS, ENCRYPTION_KEYS, HASH_KEY; sealed by a passphrase, or empty
media/…         uploads
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from campaign_crm.platform.backup.errors import BackupError

FORMAT = 1
MANIFEST, DATABASE, KEYS, MEDIA = "manifest.json", "database.dump", "keys.env", "media/"
CHUNK = 1024 * 1024  # bytes


@dataclass(frozen=True)
class Member:
    """What the manifest says of one member."""

    size: int  # bytes
    sha256: str


@dataclass
class Manifest:
    """What a backup holds and where it comes from."""

    made_at: str  # ISO 8601, UTC
    postgresql: str  # version of the server
    installation_id: str
    hash_key_fingerprint: str
    migrations: list[list[str]]  # applied, as [app, name]
    format: int = FORMAT
    members: dict[str, Member] = field(default_factory=dict)


def write(path: Path, manifest: Manifest, *, dump: Path, keys: str, media: Path) -> None:
    """Write the archive beside its place, readable by its owner only, then move it there."""
    files = {DATABASE: dump, **{MEDIA + name: file for name, file in _files(media)}}
    manifest.members = {name: Member(file.stat().st_size, _sha256_of(file)) for name, file in files.items()}
    manifest.members[KEYS] = Member(len(keys.encode()), hashlib.sha256(keys.encode()).hexdigest())
    unfinished = path.with_name(f"{path.name}.unfinished")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
            _add_text(tar, MANIFEST, json.dumps(asdict(manifest), indent=1))
            _add_text(tar, KEYS, keys)
            for name, source in files.items():
                _add_file(tar, name, source, manifest.members[name])
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_manifest(path: Path) -> Manifest:
    """What the archive holds; raises BackupError when it is no backup or of an unknown format."""
    try:
        with tarfile.open(path) as tar:
            content = json.load(_member(tar, MANIFEST))
        if content["format"] != FORMAT:
            raise BackupError(
                f"{path} has format {content['format']}; this version reads {FORMAT}. Restore it with the "
                "version of Campaign CRM that made it."
            )
        content["members"] = {name: Member(**member) for name, member in content["members"].items()}
        return Manifest(**content)
    except (OSError, tarfile.TarError, KeyError, TypeError, ValueError) as error:
        raise BackupError(f"{path} is not a backup of Campaign CRM ({error}).") from error


def check(path: Path, manifest: Manifest) -> None:
    """Compare every member with its checksum; raises BackupError if one is missing or differs."""
    try:
        with tarfile.open(path) as tar:
            for name, expected in manifest.members.items():
                digest = hashlib.sha256()
                with _member(tar, name) as content:
                    while chunk := content.read(CHUNK):
                        digest.update(chunk)
                if digest.hexdigest() != expected.sha256:
                    raise BackupError(f"{path} is damaged: {name} is not what was saved. Use another backup.")
    except (OSError, tarfile.TarError, KeyError) as error:
        raise BackupError(f"{path} is damaged or cut short ({error}). Use another backup.") from error


def read_text(path: Path, name: str) -> str:
    """A small member, as text."""
    with tarfile.open(path) as tar, _member(tar, name) as content:
        return content.read().decode()


def extract(path: Path, name: str, target: Path) -> None:
    """Write one member to `target`, readable by its owner only."""
    with tarfile.open(path) as tar, _member(tar, name) as content:
        _copy(content, target)


def extract_media(path: Path, folder: Path) -> int:
    """Write the uploads into `folder`; their number. Names that would leave the folder are refused."""
    count = 0
    with tarfile.open(path) as tar:
        for member in tar:
            if not member.name.startswith(MEDIA) or not member.isfile():
                continue
            relative = Path(member.name).relative_to(MEDIA)
            if relative.is_absolute() or ".." in relative.parts:
                raise BackupError(f"{path} holds the name {member.name!r}, which no backup has.")
            target = folder / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            content = tar.extractfile(member)
            if content is not None:
                _copy(content, target)
                count += 1
    return count


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink():
            yield file.relative_to(folder).as_posix(), file


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    information = tarfile.TarInfo(name)
    information.size, information.mode = len(data), 0o600
    tar.addfile(information, io.BytesIO(data))


def _add_file(tar: tarfile.TarFile, name: str, source: Path, member: Member) -> None:
    information = tarfile.TarInfo(name)
    information.size, information.mode = member.size, 0o600
    with source.open("rb") as content:
        tar.addfile(information, content)


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    content = tar.extractfile(name)
    if content is None:
        raise KeyError(name)
    return content


def _copy(content: IO[bytes], target: Path) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while chunk := content.read(CHUNK):
            file.write(chunk)


def _sha256_of(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
