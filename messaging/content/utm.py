"""Tags in the addresses of links (`utm_source`, `utm_medium`, `utm_campaign`), read by web statistics.

They name the mailing, never the person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from unicodedata import normalize
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.utils.text import slugify

LONGEST_TAG = 100
TAG = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class UtmTags:
    """`source`: who writes; `campaign`: which mailing. Both of letters, digits, `_`, `-` and `.`."""

    source: str
    campaign: str
    medium: str = "email"

    def put_in(self, url: str) -> str:
        """A web address with the tags it does not have yet; any other address as it is."""
        if not url.lower().startswith(("http://", "https://")):
            return url
        parts = urlsplit(url)
        present = {name for name, _value in parse_qsl(parts.query, keep_blank_values=True)}
        wanted = {
            "utm_source": self.source,
            "utm_medium": self.medium,
            "utm_campaign": self.campaign,
        }
        added = urlencode({name: value for name, value in wanted.items() if name not in present})
        query = "&".join(part for part in (parts.query, added) if part)
        return urlunsplit(parts._replace(query=query))


def clean_tag(text: str) -> str:
    """A tag as addresses take it: "Meeting à Lyon" becomes "Meeting-a-Lyon"."""
    plain = normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", plain).strip("-")[:LONGEST_TAG]


def utm_tags(campaign: str, *, organisation: str) -> UtmTags | None:
    """The tags of a mailing; None when it has none. `organisation`: its name, as people see it."""
    return UtmTags(slugify(organisation) or "crm", campaign) if campaign else None
