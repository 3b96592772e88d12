"""Sending a public form as a browser with a script does: a page read some seconds ago, and its proof."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from json import dumps
from time import time
from unittest.mock import patch

from tracking.services.suspicion import PROOF, STAMP, new_challenge, page_stamp


def as_a_browser(slug: str, *, seconds_ago: float = 30) -> dict[str, str]:
    """The hidden fields of the page of this form."""
    with patch("django.core.signing.time.time", return_value=time() - seconds_ago):
        stamp = page_stamp(slug)
    return {STAMP: stamp, PROOF: solved(new_challenge())}


def solved(challenge: dict[str, object]) -> str:
    """The answer to a challenge, found as static/public/proof.js does."""
    number = next(
        number
        for number in range(int(str(challenge["maxNumber"])) + 1)
        if sha256(f"{challenge['salt']}{number}".encode()).hexdigest() == challenge["challenge"]
    )
    kept = {name: challenge[name] for name in ("algorithm", "challenge", "salt", "signature")}
    return b64encode(dumps({**kept, "number": number}).encode()).decode()
