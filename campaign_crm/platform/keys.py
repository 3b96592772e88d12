"""Keys of the installation: read, checked and, for a first start on one machine, made.

`SECRET_KEY` signs sessions; `LINK_KEYS` sign public links and `ENCRYPTION_KEYS` seal secrets (the first of
each signs or seals, all verify or open, so that they can be rotated); `HASH_KEY` makes the keyed hashes of
the do-not-contact list and is never rotated. Without them in the environment, and
without `PUBLIC_URL`, they are made once and kept in `VAR_DIR/keys.env`, readable by its owner only, part of
every backup.
"""

from __future__ import annotations

import base64
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from campaign_crm.platform.env import Environment, SettingError

NAMES = ("SECRET_KEY", "LINK_KEYS", "ENCRYPTION_KEYS", "HASH_KEY")
KEY_BYTES = 32


@dataclass(frozen=True)
class Keys:
    """The four kinds of keys; every key but `secret` is 32 bytes."""

    secret: str
    links: list[bytes]
    encryption: list[bytes]
    hash: bytes


def read_keys(env: Environment, *, var_dir: Path, may_make: bool) -> Keys:
    """Keys from the environment, else from `var_dir/keys.env` (made there when `may_make`)."""
    unset = [name for name in NAMES if env.raw(name) is None]  # neither NAME nor NAME_FILE
    if may_make and unset:
        kept = _kept_keys(var_dir)
        env.values |= {name: kept[name] for name in unset if name in kept}
    return Keys(
        secret=_secret(env),
        links=[_decode("LINK_KEYS", word) for word in _required(env, "LINK_KEYS")],
        encryption=[_decode("ENCRYPTION_KEYS", word) for word in _required(env, "ENCRYPTION_KEYS")],
        hash=_decode("HASH_KEY", env.text("HASH_KEY")),
    )


def new_key() -> str:
    """32 random bytes as URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode().rstrip("=")


def _secret(env: Environment) -> str:
    value = env.text("SECRET_KEY")
    if len(value) < 50 or len(set(value)) < 5:
        raise SettingError("SECRET_KEY is too short or too simple; write 50 random characters or more.")
    return value


def _required(env: Environment, name: str) -> list[str]:
    words = env.words(name)
    if not words:
        raise SettingError(f"{name} is not set. Make one with `python -m campaign_crm.platform.keys`.")
    return words


def _decode(name: str, word: str) -> bytes:
    try:
        key = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingError(
            f"{name} holds a key that is not 32 bytes in URL-safe base64. "
            "Make one with `python -m campaign_crm.platform.keys`."
        )
    return key


def _kept_keys(var_dir: Path) -> dict[str, str]:
    path = var_dir / "keys.env"
    if not path.exists():
        var_dir.mkdir(parents=True, exist_ok=True)
        made = {name: new_key() + (new_key() if name == "SECRET_KEY" else "") for name in NAMES}
        text = "".join(f"{name}={value}\n" for name, value in made.items())
        _write_private(path, text)
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads; two first starts at once agree on the one linked first."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


if __name__ == "__main__":
    print(new_key())  # noqa: T201 - its answer is its output
