"""An SFTP drop as a place (SSH File Transfer Protocol, by asyncssh).

The server's key is pinned: it is shown at the first contact, somebody compares it with what the server's
owner says, and from then on a server with another key gets no password. Nothing of this machine's own SSH
settings, agent or keys is used.
"""

from __future__ import annotations

import asyncio
import socket
import stat
from collections.abc import Awaitable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from posixpath import join
from threading import Thread
from typing import IO, Any, TypeVar, cast

import asyncssh
from django.conf import settings as project
from django.utils.translation import gettext as _

from campaign_crm.platform import outside
from contacts.imports.recurring.errors import PlaceProblem, UnknownHostKey
from contacts.imports.recurring.places import Offered

CONNECT_SECONDS = 15
ANSWER_SECONDS = 60  # for one answer: a list, a block
BLOCK_BYTES = 4 * 1024 * 1024  # asyncssh asks for its parts side by side
MOST_FILES = 20_000
Answer = TypeVar("Answer")


@contextmanager
def opened(settings: dict[str, Any], credentials: dict[str, Any], host_key: str) -> Iterator[Drop]:
    """Log in; `settings`: host, port, user, path. `credentials`: password, or private_key and passphrase.

    Raises UnknownHostKey before anything secret is sent, PlaceProblem for everything else.
    """
    with Loop() as runner:
        drop = Drop(runner, settings)
        drop.connect(credentials, host_key)
        try:
            yield drop
        finally:
            drop.close()


def shown_key(settings: dict[str, Any]) -> str:
    """Return the public key that the server shows, in OpenSSH's form; nothing secret is sent."""
    host, port = _address(settings)
    with Loop() as runner:
        try:
            found = asyncssh.get_server_host_key(host, port, config=None, sock=_reached(host, port))
            key = runner.run(asyncio.wait_for(found, CONNECT_SECONDS))
        except (OSError, asyncssh.Error, TimeoutError) as error:
            raise _unreachable(host, error) from error
    if key is None:
        raise PlaceProblem(_("The server “%(host)s” shows no key.") % {"host": host})
    return key.export_public_key().decode().strip()


def fingerprint(host_key: str) -> str:
    """The key as its owner reads it out: SHA256:… (`ssh-keygen -lf`)."""
    return asyncssh.import_public_key(host_key).get_fingerprint()


def is_private_key(text: str, passphrase: str | None) -> bool:
    """True when the key can be opened with the passphrase."""
    try:
        asyncssh.import_private_key(text, passphrase or None)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        return False
    return True


class Loop:
    """An event loop on a thread of its own: whoever asks may be inside another one."""

    def __enter__(self) -> Loop:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="sftp", daemon=True)
        self._thread.start()
        return self

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Wait for an answer; raises what the work raises."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def __exit__(self, *_error: object) -> None:
        self.run(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Drop:
    """An open connection; every method waits for its answer."""

    def __init__(self, runner: Loop, settings: dict[str, Any]) -> None:
        self._runner = runner
        self._settings = settings
        self._folder: str = settings.get("path") or "."
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None

    def connect(self, credentials: dict[str, Any], host_key: str) -> None:
        host, port = _address(self._settings)
        if not host_key:
            raise UnknownHostKey(
                _("Nobody confirmed the key of the server yet. Test the connection, and confirm it."),
                shown=shown_key(self._settings),
            )
        private = credentials.get("private_key")
        keys = None
        if private:
            keys = [asyncssh.import_private_key(private, credentials.get("passphrase") or None)]
        try:
            sock = _reached(host, port)
        except OSError as error:
            raise _unreachable(host, error) from error
        connecting = asyncssh.connect(
            host,
            port,
            config=None,
            sock=sock,
            username=self._settings.get("user", ""),
            password=credentials.get("password") or None,
            client_keys=keys,
            agent_path=None,
            known_hosts=([asyncssh.import_public_key(host_key)], [], []),
            connect_timeout=CONNECT_SECONDS,
            login_timeout=CONNECT_SECONDS,
        )
        try:
            self._connection = self._wait(connecting)
            self._client = self._wait(self._connection.start_sftp_client())
        except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed) as error:
            # The second when its new key is of another kind: only the confirmed kind is asked for.
            raise self._another_key(shown_key(self._settings)) from error
        except asyncssh.ConnectionLost as error:
            # A server without a key of the confirmed kind may hang up before it says why.
            if (shown := _key_if_any(self._settings)) not in ("", host_key.strip()):
                raise self._another_key(shown) from error
            raise _unreachable(host, error) from error
        except asyncssh.PermissionDenied as error:
            raise PlaceProblem(_("The server refuses the user name, the password or the key.")) from error
        except (OSError, asyncssh.Error, TimeoutError) as error:
            raise _unreachable(host, error) from error

    @staticmethod
    def _another_key(shown: str) -> UnknownHostKey:
        message = _(
            "The server shows another key than the one that was confirmed. Ask its owner whether it "
            "was changed; if nobody did, somebody may stand between."
        )
        return UnknownHostKey(message, shown=shown)

    def offered(self) -> list[Offered]:
        try:
            return self._wait(self._offered())
        except (OSError, asyncssh.Error, TimeoutError) as error:
            raise PlaceProblem(
                _("The folder “%(path)s” of the server cannot be read: %(reason)s")
                % {"path": self._folder, "reason": _reason(error)}
            ) from error

    def fetch(self, file: Offered, target: IO[bytes]) -> None:
        try:
            self._runner.run(self._fetch(file, target))
        except (OSError, asyncssh.Error, TimeoutError) as error:
            raise PlaceProblem(
                _("“%(name)s” cannot be read: %(reason)s.") % {"name": file.name, "reason": _reason(error)}
            ) from error

    def close(self) -> None:
        if self._client is not None:
            self._client.exit()
        if self._connection is not None:
            self._connection.abort()
            self._runner.run(self._connection.wait_closed())

    async def _offered(self) -> list[Offered]:
        found: list[Offered] = []
        async for entry in self._sftp.scandir(self._folder):
            name, about = str(entry.filename), entry.attrs
            regular = about.permissions is not None and stat.S_ISREG(about.permissions)
            if regular and "/" not in name and about.size is not None and about.mtime is not None:
                found.append(Offered(name, about.size, datetime.fromtimestamp(about.mtime, UTC)))
            if len(found) > MOST_FILES:
                raise PlaceProblem(
                    _("The folder has more than %(n)s files: move those that were taken to another.")
                    % {"n": MOST_FILES}
                )
        return found

    async def _fetch(self, file: Offered, target: IO[bytes]) -> None:
        received = 0
        async with self._sftp.open(join(self._folder, file.name), "rb") as remote:
            while block := await asyncio.wait_for(remote.read(BLOCK_BYTES), ANSWER_SECONDS):
                received += len(block)
                if received > project.UPLOAD_MAX_BYTES:
                    raise OSError(0, _("it is too large"))
                target.write(cast("bytes", block))  # opened as bytes

    @property
    def _sftp(self) -> asyncssh.SFTPClient:
        if self._client is None:
            raise RuntimeError("The drop is not open.")
        return self._client

    def _wait(self, work: Awaitable[Answer]) -> Answer:
        return self._runner.run(_within(work))


async def _within(work: Awaitable[Answer]) -> Answer:
    async with asyncio.timeout(ANSWER_SECONDS):
        return await work


def _key_if_any(settings: dict[str, Any]) -> str:
    """The key that the server shows; empty when it cannot be asked."""
    try:
        return shown_key(settings).strip()
    except PlaceProblem:
        return ""


def _address(settings: dict[str, Any]) -> tuple[str, int]:
    return settings["host"], int(settings.get("port") or 22)


def _reached(host: str, port: int) -> socket.socket:
    """A connection to the address that was checked: asyncssh is given no name to look up anew."""
    sock = outside.connect(host, port, CONNECT_SECONDS)
    sock.setblocking(False)
    return sock


def _unreachable(host: str, error: BaseException) -> PlaceProblem:
    return PlaceProblem(
        _("The server “%(host)s” cannot be reached: %(reason)s") % {"host": host, "reason": _neutral(error)}
    )


def _neutral(error: BaseException) -> str:
    """Why a server that speaks SSH does not agree with us; of anything else one sentence."""
    return (
        _reason(error)
        if isinstance(error, asyncssh.KeyExchangeFailed)
        else str(outside.Unreachable().strerror)
    )


def _reason(error: BaseException) -> str:
    """One line, in the system's words; a timeout has none of its own."""
    if isinstance(error, TimeoutError):
        return _("it does not answer")
    words = getattr(error, "reason", "") or getattr(error, "strerror", "") or error
    return " ".join(str(words).split())[:200]
