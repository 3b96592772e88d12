"""Public addresses that messages carry: where each kind of token is answered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from html import escape

from messaging.content.addresses import HIDDEN_LINK as HIDDEN_NUMBER
from messaging.content.addresses import link_code
from messaging.content.compile import CompiledMessage
from messaging.content.fields import HIDDEN_LINK, MESSAGE_TOKEN, OPEN_PIXEL, TRACKED_LINK
from messaging.content.links import Link

# Paths under PUBLIC_URL, each followed by a token. They are in sent messages: never change one, only add.
OPEN_PATH, OPEN_SUFFIX = "/o/", ".gif"
CLICK_PATH = "/c/"
UNSUBSCRIBE_PATH = "/u/"
VIEW_ONLINE_PATH = "/v/"
PREFERENCES_PATH = "/p/"
CONFIRM_PATH = "/k/"
SIGN_UP_PATH = "/f/"
PICTURE_PATHS = ("/i/", "/logo/")
PUBLIC_PATHS = (
    *(OPEN_PATH, CLICK_PATH, UNSUBSCRIBE_PATH, VIEW_ONLINE_PATH, PREFERENCES_PATH, CONFIRM_PATH),
    *(SIGN_UP_PATH, *PICTURE_PATHS),
)
"""What readers open; everything else is the team's."""
_TRACKED = re.compile(rf"\{{\{{ {TRACKED_LINK}(\d+) \}}\}}")  # as `messaging.content.links` writes it
# One transparent dot, drawn from the page itself.
NO_PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="


def addressed(compiled: CompiledMessage, public_url: str, *, campaign: int) -> CompiledMessage:
    """The same message with its counted links, its pixel and its hidden link written out, but for one value a
    recipient.

    `public_url` has no final slash. That value is `sign_message(…)`, by the name `MESSAGE_TOKEN`.
    """
    token = f"{{{{ {MESSAGE_TOKEN} }}}}"

    def click(number: int) -> str:
        return f"{public_url}{CLICK_PATH}{token}/{link_code(number, campaign=campaign)}"

    def tracked(found: re.Match[str]) -> str:
        return click(int(found[1]))

    html, text = _TRACKED.sub(tracked, compiled.html), _TRACKED.sub(tracked, compiled.text)
    html = html.replace(f"{{{{ {OPEN_PIXEL} }}}}", f"{public_url}{OPEN_PATH}{token}{OPEN_SUFFIX}")
    return replace(compiled, html=html.replace(f"{{{{ {HIDDEN_LINK} }}}}", click(HIDDEN_NUMBER)), text=text)


def uncounted(compiled: CompiledMessage) -> CompiledMessage:
    """The same message with its links as they are, a pixel that asks nobody, and nothing to count."""
    targets = {str(link.number): link.url for link in compiled.tracked_links}
    html = _TRACKED.sub(lambda found: escape(targets[found[1]]), compiled.html)
    html = html.replace(f"{{{{ {OPEN_PIXEL} }}}}", NO_PIXEL).replace(f"{{{{ {HIDDEN_LINK} }}}}", "#")
    text = _TRACKED.sub(lambda found: targets[found[1]], compiled.text)
    return replace(compiled, html=html, text=text, tracking=False)


def untracked(links: Iterable[Link]) -> dict[str, object]:
    """The same names, leading straight to their targets, with a pixel that asks nobody."""
    found: dict[str, object] = {f"{TRACKED_LINK}{link.number}": link.url for link in links}
    found[OPEN_PIXEL] = NO_PIXEL
    found[HIDDEN_LINK] = "#"
    return found


def at_host(url: str, own: str, public_url: str) -> str:
    """An address of a public page of this installation (`own`), at `public_url`; any other stays as it is."""
    path = url.removeprefix(own)
    if path == url or not path.startswith(PUBLIC_PATHS):
        return url
    return f"{public_url}{path}"


def unsubscribe_url(public_url: str, token: str) -> str:
    return f"{public_url}{UNSUBSCRIBE_PATH}{token}"


def view_online_url(public_url: str, token: str) -> str:
    return f"{public_url}{VIEW_ONLINE_PATH}{token}"


def preferences_url(public_url: str, token: str) -> str:
    return f"{public_url}{PREFERENCES_PATH}{token}"


def confirm_url(public_url: str, token: str) -> str:
    return f"{public_url}{CONFIRM_PATH}{token}"
