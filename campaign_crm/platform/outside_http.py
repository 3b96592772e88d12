"""HTTP to places whose address staff typed: connected to what was checked (`platform.outside`) and no other.

A connection follows no redirect by itself; whoever reads an answer says how much of it.
"""

from __future__ import annotations

import http.client
import ssl

from campaign_crm.platform import outside

CONTEXT = ssl.create_default_context()


def connection(scheme: str, host: str, port: int | None, *, seconds: float) -> http.client.HTTPConnection:
    """A connection that is not made yet: the first request makes it, and raises outside.Unreachable."""
    kind = Encrypted if scheme == "https" else Plain
    return kind(host, port, timeout=seconds)


class Plain(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = outside.connect(self.host, self.port, float(self.timeout or 0))


class Encrypted(http.client.HTTPSConnection):
    def connect(self) -> None:
        plain = outside.connect(self.host, self.port, float(self.timeout or 0))
        try:
            self.sock = CONTEXT.wrap_socket(plain, server_hostname=self.host)
        except OSError:
            plain.close()
            raise
