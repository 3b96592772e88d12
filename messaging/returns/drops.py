"""Drop addresses of the team: a copy sent there is filed on the timeline of whoever it was written to.

`<mailbox>+d.<token>@<domain>`, read with the mailbox of answers. The token is a member's own secret; whose it
is, the app above knows.
"""

from __future__ import annotations

import re

TOKEN_LETTERS = 26  # 130 random bits in base32
_TOKEN = re.compile(r"\+d\.([a-z2-7]{26})@", re.IGNORECASE)


def drop_address(token: str, mailbox: str) -> str:
    """The address that files; `mailbox` is where answers come in."""
    local, _at, domain = mailbox.rpartition("@")
    return f"{local}+d.{token}@{domain}"


def drop_token_in(*values: str) -> str:
    """The first token in the values of headers, "" without any."""
    found = next((match for value in values if (match := _TOKEN.search(value))), None)
    return found[1].lower() if found else ""
