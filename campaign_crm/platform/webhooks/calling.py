"""One call to the address of a webhook: nowhere inside, no redirect followed, nothing of the answer kept."""

from __future__ import annotations

import http.client
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from campaign_crm.platform import outside, outside_http

SECONDS = 10.0
READ_AT_MOST = 4096


@dataclass(frozen=True)
class Called:
    """What came of a call: the status of the answer (None: there was none), an error in our own words."""

    status: int | None
    error: str
    took_ms: int

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """The program wants nothing more (410)."""
        return self.status == http.client.GONE


def call(url: str, body: bytes, headers: dict[str, str]) -> Called:
    """POST a body; never raises for what the other side does."""
    began = time.monotonic()
    status, error = _asked(url, body, headers)
    return Called(status, error, round((time.monotonic() - began) * 1000))


def _asked(url: str, body: bytes, headers: dict[str, str]) -> tuple[int | None, str]:
    parts = urlsplit(url)
    link = outside_http.connection(parts.scheme, parts.hostname or "", parts.port, seconds=SECONDS)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        link.request("POST", path, body, headers)
        answer = link.getresponse()
        answer.read(READ_AT_MOST)
    except ssl.SSLCertVerificationError:
        return None, _("its certificate is not good for this name")
    except (OSError, http.client.HTTPException, ValueError):
        return None, str(outside.Unreachable().strerror)
    finally:
        link.close()
    if 300 <= answer.status < 400:
        return answer.status, _("it sends us to another address: give that one instead")
    return answer.status, "" if answer.status < 300 else _("it answered %(status)s") % {
        "status": answer.status
    }
