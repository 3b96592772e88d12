"""Does a host for links lead to this installation, with a certificate that browsers accept?

The installation answers `/here/<word>` with a keyed hash of the word: nobody else can.
"""

from __future__ import annotations

import http.client
import secrets
import socket
import ssl
from typing import NamedTuple

from campaign_crm.platform.crypto import keyed_hash
from messaging.models.domain_record import Fault

HERE_PATH = "/here/"
SECONDS = 4.0
LONGEST_ANSWER = 1_000  # bytes


class Arrival(NamedTuple):
    """`came`: None when nobody answered, which says nothing."""

    came: bool | None
    fault: Fault = Fault.NONE
    detail: str = ""


def here(word: str) -> str:
    """What this installation answers to a word."""
    return keyed_hash("tracking host", word).hex()


def look(host: str, *, scheme: str, port: int | None) -> Arrival:
    """Ask the host as a reader's browser would."""
    word = secrets.token_hex(8)
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    connection = kind(host, port, timeout=SECONDS)
    try:
        connection.request("GET", f"{HERE_PATH}{word}")
        said = connection.getresponse().read(LONGEST_ANSWER).decode("utf-8", "replace").strip()
    except ssl.SSLError as error:
        return Arrival(False, Fault.NO_CERTIFICATE, _words(error))
    except (TimeoutError, socket.gaierror) as error:
        return Arrival(None, detail=type(error).__name__)
    except (OSError, http.client.HTTPException) as error:
        return Arrival(False, Fault.ELSEWHERE, type(error).__name__)
    finally:
        connection.close()
    return Arrival(True) if secrets.compare_digest(said, here(word)) else Arrival(False, Fault.ELSEWHERE)


def _words(error: ssl.SSLError) -> str:
    return getattr(error, "verify_message", "") or error.reason or type(error).__name__
