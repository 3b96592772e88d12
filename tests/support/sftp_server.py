"""A real SFTP server on loopback, of one folder, in a thread of its own (asyncssh)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

USER, PASSWORD = "drop", "sealed-secret"


@dataclass
class Drop:
    """Where the server listens. `logins`: how many times a password or key was tried."""

    port: int = 0
    logins: int = 0
    fetched: int = 0


@contextmanager
def sftp_server(
    root: Path, *, host_key: asyncssh.SSHKey, client_key: asyncssh.SSHKey | None = None
) -> Iterator[Drop]:
    """Serve the folder to `USER` with `PASSWORD`, or with the private key of `client_key`."""
    drop = Drop()
    loop = asyncio.new_event_loop()

    class Login(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return True

        def password_auth_supported(self) -> bool:
            return client_key is None

        def validate_password(self, username: str, password: str) -> bool:
            drop.logins += 1
            return (username, password) == (USER, PASSWORD)

        def public_key_auth_supported(self) -> bool:
            return client_key is not None

        def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
            drop.logins += 1
            return client_key is not None and key == client_key.convert_to_public()

    class Files(asyncssh.SFTPServer):
        def __init__(self, chan: Any) -> None:
            super().__init__(chan, chroot=str(root).encode())

        def open(self, *args: Any) -> Any:
            drop.fetched += 1
            return super().open(*args)

    async def serve() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[host_key], server_factory=Login, sftp_factory=Files
        )

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    acceptor = asyncio.run_coroutine_threadsafe(serve(), loop).result(10)
    drop.port = acceptor.get_port()
    try:
        yield drop
    finally:

        async def end() -> None:
            acceptor.close()
            await acceptor.wait_closed()
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
