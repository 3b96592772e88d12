"""What the palette (Ctrl+K) finds: people first, then what people made, then pages.

A finder takes the request and the words typed and returns a few hits, only what the person may see. The
apps below register nothing here: the shell stands above them and lists their finders itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaign_crm.shell.navigation import new_entries, pages
from contacts.folding import fold

Text = str | Promise
HITS = 8  # of one kind: a palette is read at a glance


@dataclass(frozen=True)
class Hit:
    """One line of the palette."""

    title: Text
    url: str
    icon: str
    note: Text = ""


@dataclass(frozen=True)
class Finding:
    """The hits of one kind."""

    heading: Text
    hits: list[Hit]


Finder = Callable[[HttpRequest, str], list[Hit]]


def find_pages(request: HttpRequest, words: str) -> list[Hit]:
    """Return the pages of the menu whose name, group or other words hold what was typed."""
    wanted = fold(words).split()
    hits = []
    for group, entry, page in pages(request):
        text = fold(f"{group} {entry.label} {entry.words}")
        if all(word in text for word in wanted):
            hits.append(Hit(page.label, page.url, page.icon, "" if str(group) == str(page.label) else group))
    return hits[:HITS]


def find_new(request: HttpRequest, words: str) -> list[Hit]:
    """Return what can be created, by the name of the thing or by “new”."""
    wanted = fold(words)
    new = str(_("New"))
    return [
        Hit(entry.label, entry.url, entry.icon, new)
        for entry in new_entries(request)
        if wanted and wanted in fold(f"{new} {entry.label}")
    ]


FINDERS: tuple[tuple[Text, Finder], ...] = (
    (_("Pages"), find_pages),
    (_("New"), find_new),
)


def find(request: HttpRequest, words: str) -> list[Finding]:
    """Return what was found, kind by kind; kinds without a hit are left out."""
    findings = (Finding(heading, finder(request, words)) for heading, finder in FINDERS)
    return [finding for finding in findings if finding.hits]
