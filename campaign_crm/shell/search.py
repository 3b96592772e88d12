"""What the palette (Ctrl+K) finds: people first, then what people made, then pages.

A finder takes the request and the words typed and returns a few hits, only what the person may see. The
apps below register nothing here: the shell stands above them and lists their finders itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaign_crm.platform.rights import Right
from campaign_crm.shell.navigation import new_entries, pages, url_of
from contacts.folding import fold
from contacts.models import Segment
from contacts.selectors import lists_here, search_contacts
from messaging.models import Campaign
from tracking.models import Form
from tracking.selectors import NOT_ON_LISTS

Text = str | Promise
HITS = 8  # of one kind: a palette is read at a glance
SHORTEST = 2  # letters typed before the database is asked


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


def find_people(request: HttpRequest, words: str) -> list[Hit]:
    """Return the people whose name, e-mail, phone or commune begins with what was typed."""
    if len(words) < SHORTEST or not request.user.has_right(Right.VIEW_PEOPLE):
        return []
    return hits_of(
        search_contacts(words, limit=HITS),
        "contacts:person",
        "user-round",
        note=lambda person: str(person.commune or ""),
    )


def by_name(
    things: Callable[[HttpRequest], QuerySet[Any]],
    right: Right,
    url_name: str,
    icon: str,
    field: str = "name",
) -> Finder:
    """Return a finder of things that staff named: few enough to be read by a plain comparison."""

    def finder(request: HttpRequest, words: str) -> list[Hit]:
        if len(words) < SHORTEST or not request.user.has_right(right):
            return []
        named = things(request).filter(**{f"{field}__icontains": words}).order_by("-pk")
        return hits_of(named[:HITS], url_name, icon, note=lambda thing: "")

    return finder


def own_segments(request: HttpRequest) -> QuerySet[Segment]:
    """Return the segments that this person made or that are shared."""
    return Segment.objects.filter(Q(is_shared=True) | Q(created_by=request.user.pk))


def hits_of(things: Iterable[Model], url_name: str, icon: str, *, note: Callable[[Any], Text]) -> list[Hit]:
    """Return a hit for each thing that has a page."""
    pairs = ((thing, url_of(url_name, thing.pk)) for thing in things)
    return [Hit(str(thing), url, icon, note(thing)) for thing, url in pairs if url]


FINDERS: tuple[tuple[Text, Finder], ...] = (
    (pgettext_lazy("menu", "People"), find_people),
    (
        _("Mailings"),
        by_name(
            lambda request: Campaign.objects.mailings().defer(*NOT_ON_LISTS),
            Right.VIEW_CAMPAIGNS,
            "messaging:campaign",
            "send",
        ),
    ),
    (_("Segments"), by_name(own_segments, Right.VIEW_SEGMENTS, "contacts:segment", "filter")),
    (
        _("Fixed lists"),
        by_name(lambda request: lists_here(request.user), Right.VIEW_SEGMENTS, "contacts:list", "list"),
    ),
    (
        _("Forms"),
        by_name(
            lambda request: Form.objects.all(),
            Right.EDIT_FORMS,
            "tracking:form",
            "clipboard-list",
            field="title",
        ),
    ),
    (_("Pages"), find_pages),
    (_("New"), find_new),
)


def find(request: HttpRequest, words: str) -> list[Finding]:
    """Return what was found, kind by kind; kinds without a hit are left out."""
    findings = (Finding(heading, finder(request, words)) for heading, finder in FINDERS)
    return [finding for finding in findings if finding.hits]
