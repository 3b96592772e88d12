"""Public addresses that messages carry: where each kind of token is answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from messaging.content.fields import OPEN_PIXEL, TRACKED_LINK
from messaging.content.links import Link
from messaging.content.tokens import Mark, sign_clicks, sign_open

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
# One transparent dot, drawn from the page itself.
NO_PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="


def message_links(public_url: str, mark: Mark, *, links: Sequence[int]) -> dict[str, object]:
    """`link_<number>` for each number, and the pixel's address: part of a recipient's context.

    `public_url` has no final slash. `mark`: personal or anonymous, one for the whole message.
    """
    before = f"{public_url}{CLICK_PATH}"
    urls = [before + token for token in sign_clicks(mark, links=links)]
    found: dict[str, object] = dict(zip(_names(tuple(links)), urls, strict=True))
    found[OPEN_PIXEL] = f"{public_url}{OPEN_PATH}{sign_open(mark)}{OPEN_SUFFIX}"
    return found


@lru_cache(maxsize=64)
def _names(links: tuple[int, ...]) -> list[str]:
    return [f"{TRACKED_LINK}{number}" for number in links]


def untracked(links: Iterable[Link]) -> dict[str, object]:
    """The same names, leading straight to their targets, with a pixel that asks nobody."""
    found: dict[str, object] = {f"{TRACKED_LINK}{link.number}": link.url for link in links}
    found[OPEN_PIXEL] = NO_PIXEL
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
