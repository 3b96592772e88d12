"""The menu: one list, by the work people do.

An entry shows when its page exists (the URL name resolves) and the person holds its right, so that a menu
never holds a dead link. A group whose entries are all absent is absent too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from django.http import HttpRequest
from django.urls import NoReverseMatch, get_urlconf, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaign_crm.platform.rights import Right

Text = str | Promise


@dataclass(frozen=True)
class Entry:
    """One page of the menu."""

    label: Text
    url_name: str
    right: Right | None = None
    icon: str = ""
    words: Text = ""  # what else a person may type to find it in the palette


@dataclass(frozen=True)
class Group:
    """A heading and its pages; a group with a URL name is a page itself."""

    name: str
    label: Text
    icon: str
    entries: tuple[Entry, ...] = ()
    url_name: str = ""
    right: Right | None = None


@dataclass
class ShownEntry:
    """An entry as a page shows it."""

    label: Text
    url: str
    icon: str
    is_current: bool = False


@dataclass
class ShownGroup:
    """A group as a page shows it: `url` when it is a page itself, else `entries`."""

    name: str
    label: Text
    icon: str
    url: str = ""
    is_current: bool = False
    entries: list[ShownEntry] = field(default_factory=list)


MENU = (
    Group("home", _("Home"), "house", url_name="shell:home"),
    Group(
        "people",
        pgettext_lazy("menu", "People"),
        "users",
        (
            Entry(pgettext_lazy("menu", "People"), "contacts:people", Right.VIEW_PEOPLE, "users"),
            Entry(_("Households"), "contacts:households", Right.VIEW_PEOPLE, "house"),
            Entry(_("Electors"), "contacts:electors", Right.VIEW_PEOPLE, "vote"),
            Entry(_("Segments"), "contacts:segments", Right.VIEW_SEGMENTS, "filter"),
            Entry(_("Fixed lists"), "contacts:lists", Right.VIEW_SEGMENTS, "list"),
            Entry(
                pgettext_lazy("menu", "Donations"),
                "tracking:donations",
                Right.SEE_DONATIONS,
                "hand-heart",
                _("gifts receipts agent"),
            ),
            Entry(_("My exports"), "contacts:exports", Right.EXPORT_PEOPLE, "download"),
            Entry(_("Imports"), "contacts:imports", Right.VIEW_PEOPLE, "file-up"),
            Entry(_("Possible duplicates"), "contacts:duplicate_review", Right.EDIT_PEOPLE, "users-round"),
            Entry(_("Links to check"), "contacts:link_review", Right.EDIT_PEOPLE, "git-merge"),
            Entry(_("Duplicates"), "contacts:duplicates", Right.EDIT_PEOPLE, "copy"),
        ),
    ),
    Group(
        "mailings",
        _("Mailings"),
        "send",
        (
            Entry(_("Calendar"), "messaging:calendar", Right.VIEW_CAMPAIGNS, "calendar-days"),
            Entry(_("E-mail"), "messaging:campaigns", Right.VIEW_CAMPAIGNS, "mail"),
            Entry(
                _("Answers of people"), "messaging:replies", Right.VIEW_PEOPLE, "reply", _("replies inbox")
            ),
            Entry(
                _("By brokers"),
                "messaging:broker_mailings",
                Right.VIEW_CAMPAIGNS,
                "package",
                _("rental rented file kit"),
            ),
            Entry(
                _("Scenarios"),
                "tracking:scenarios",
                Right.VIEW_CAMPAIGNS,
                "workflow",
                _("automation welcome series journey"),
            ),
            Entry(_("Templates"), "messaging:templates", Right.VIEW_CAMPAIGNS, "layout-template"),
            Entry(_("Newsletters"), "contacts:newsletters", Right.VIEW_SEGMENTS, "newspaper"),
            Entry(_("Service messages"), "messaging:service_messages", Right.VIEW_CAMPAIGNS, "mail-check"),
            Entry(
                _("Contact frequency"),
                "messaging:frequency",
                Right.VIEW_CAMPAIGNS,
                "gauge",
                _("caps pressure"),
            ),
            Entry(
                _("Before sending"),
                "messaging:sending_rules",
                Right.VIEW_CAMPAIGNS,
                "shield-check",
                _("approval cancel confirm"),
            ),
            Entry(
                _("Test mailboxes"),
                "messaging:seed_mailboxes",
                Right.VIEW_CAMPAIGNS,
                "inbox",
                _("seed test Gmail spam"),
            ),
            Entry(_("Senders"), "messaging:senders", Right.VIEW_CAMPAIGNS, "at-sign"),
            Entry(
                _("Sender domains"), "messaging:domains", Right.VIEW_CAMPAIGNS, "globe", "SPF DKIM DMARC DNS"
            ),
        ),
    ),
    Group(
        "inbox",
        _("Inbox"),
        "inbox",
        (
            Entry(_("Inbox"), "tracking:inbox", Right.USE_INBOX, "inbox", _("answers conversations")),
            Entry(
                _("My follow-ups"), "tracking:follow_ups", Right.VIEW_PEOPLE, "list-todo", _("tasks calls")
            ),
        ),
    ),
    Group("events", _("Events"), "calendar", url_name="tracking:events", right=Right.CHECK_IN),
    Group("forms", _("Forms"), "clipboard-list", url_name="tracking:forms", right=Right.VIEW_CAMPAIGNS),
    Group(
        "field",
        pgettext_lazy("menu", "Field"),
        "door-open",
        url_name="tracking:field",
        right=Right.VIEW_PEOPLE,
    ),
    Group(
        "insight",
        _("Insight"),
        "chart-column",
        (
            Entry(_("Reports"), "tracking:reports", Right.VIEW_CAMPAIGNS, "chart-column"),
            Entry(_("Map"), "tracking:map", Right.VIEW_PEOPLE, "map"),
            Entry(_("Deliverability"), "tracking:deliverability", Right.VIEW_CAMPAIGNS, "gauge"),
        ),
    ),
    Group(
        "compliance",
        _("Compliance"),
        "scale",
        (
            Entry(_("Sources"), "contacts:sources", Right.VIEW_COMPLIANCE, "database"),
            Entry(_("Consents"), "contacts:consents", Right.VIEW_COMPLIANCE, "handshake"),
            Entry(_("Do-not-contact list"), "contacts:suppressions", Right.VIEW_COMPLIANCE, "ban"),
            Entry(
                _("Why did you write to me?"),
                "messaging:why",
                Right.VIEW_COMPLIANCE,
                "mail-search",
                _("message-id address reason"),
            ),
            Entry(
                _("How long data stays"),
                "contacts:retention",
                Right.VIEW_COMPLIANCE,
                "hourglass",
                _("retention purge certificates rolls rented"),
            ),
            Entry(_("Requests"), "contacts:requests", Right.HANDLE_REQUESTS, "scroll-text"),
            Entry(_("Exports"), "contacts:exports", Right.APPROVE_EXPORT, "download"),
            Entry(_("Journal"), "shell:journal", Right.VIEW_JOURNAL, "history", _("audit trail history")),
            Entry(_("Registers"), "contacts:registers", Right.VIEW_COMPLIANCE, "book-open"),
            Entry(_("Rules"), "contacts:rules", Right.VIEW_COMPLIANCE, "gavel"),
            Entry(_("Targeted messages"), "messaging:targeting", Right.VIEW_COMPLIANCE, "target"),
        ),
    ),
    Group(
        "settings",
        _("Settings"),
        "settings",
        (
            Entry(_("Organisation"), "shell:organisation", Right.MANAGE_SETTINGS, "landmark"),
            Entry(pgettext_lazy("menu", "Sending"), "shell:sending", Right.MANAGE_SETTINGS, "send"),
            Entry(
                _("Opens and clicks"),
                "shell:counting",
                Right.MANAGE_SETTINGS,
                "mouse-pointer-click",
                _("tracking measure privacy"),
            ),
            Entry(
                _("Campaign accounts"),
                "messaging:accounts",
                Right.MANAGE_ACCOUNTS,
                "euro",
                _("costs invoices agent mandataire"),
            ),
            Entry(_("Elections"), "contacts:elections", Right.VIEW_CAMPAIGNS, "vote"),
            Entry(_("Team"), "shell:team", Right.MANAGE_TEAM, "user-cog"),
            Entry(_("Ways out"), "messaging:providers", Right.MANAGE_SETTINGS, "server"),
            Entry(_("API keys"), "shell:api_keys", Right.MANAGE_SETTINGS, "key", _("token documentation")),
            Entry(_("Webhooks"), "shell:webhooks", Right.MANAGE_SETTINGS, "webhook", _("events notify")),
            Entry(_("Reference tables"), "admin:index", Right.MANAGE_SETTINGS, "table"),
            Entry(_("Mail catcher"), "shell:catcher", Right.MANAGE_SETTINGS, "mail-search"),
        ),
    ),
)

NEW = (
    Entry(_("Person"), "contacts:person_new", Right.EDIT_PEOPLE, "user-plus"),
    Entry(_("Import a file"), "contacts:import_new", Right.IMPORT_PEOPLE, "file-up"),
    Entry(_("Segment"), "contacts:segment_new", Right.EDIT_SEGMENTS, "funnel-plus"),
    Entry(_("Fixed list"), "contacts:list_new", Right.EDIT_SEGMENTS, "list-plus"),
    Entry(_("E-mail mailing"), "messaging:campaign_new", Right.EDIT_CAMPAIGN, "mail-plus"),
    Entry(_("Form"), "tracking:form_new", Right.EDIT_FORMS, "clipboard-pen"),
)


def url_of(url_name: str, *args: object) -> str | None:
    """Return the URL of a page, None while the page does not exist."""
    return _reversed(get_urlconf(), url_name, args) if args else _remembered(get_urlconf(), url_name)


@lru_cache(maxsize=512)
def _remembered(urlconf: str | None, url_name: str) -> str | None:
    """The forty pages of the menu stand on every page, and never move while the program runs."""
    return _reversed(urlconf, url_name, ())


def _reversed(urlconf: str | None, url_name: str, args: tuple[object, ...]) -> str | None:
    try:
        return reverse(url_name, urlconf, args=args)
    except NoReverseMatch:
        return None


def shown(entry: Entry, request: HttpRequest) -> ShownEntry | None:
    """Return the entry for this person, None when it is not for them."""
    if entry.right is not None:
        scope = request.user.scope_of(entry.right)
        if scope is not None and not (scope and opens_in_territory(entry.url_name)):
            return None
    url = url_of(entry.url_name)
    return ShownEntry(entry.label, url, entry.icon) if url else None


@lru_cache(maxsize=512)
def opens_in_territory(url_name: str) -> bool:
    """Whether a page is open to those who hold its right in a territory only."""
    url = url_of(url_name)
    if url is None:
        return False
    view = resolve(url).func
    return bool(getattr(getattr(view, "view_class", view), "in_territory", False))


def navigation(request: HttpRequest) -> list[ShownGroup]:
    """Return the menu of this person, with the page they are on marked."""
    groups = []
    for group in MENU:
        if group.url_name:
            page = shown(Entry(group.label, group.url_name, group.right, group.icon), request)
            if page is not None:
                groups.append(ShownGroup(group.name, group.label, group.icon, url=page.url))
            continue
        entries = [page for entry in group.entries if (page := shown(entry, request))]
        if entries:
            groups.append(ShownGroup(group.name, group.label, group.icon, entries=entries))
    mark_current(groups, request.path)
    return groups


def mark_current(groups: list[ShownGroup], path: str) -> None:
    """Mark the page whose address is the longest beginning of the path; the home page only by itself."""
    pages: list[ShownGroup | ShownEntry] = [group for group in groups if group.url]
    pages += [entry for group in groups for entry in group.entries]
    within = [page for page in pages if page.url == path or (page.url != "/" and path.startswith(page.url))]
    if within:
        max(within, key=lambda page: len(page.url)).is_current = True


def new_entries(request: HttpRequest) -> list[ShownEntry]:
    """Return what this person may create, for the “+ New” menu."""
    return [page for entry in NEW if (page := shown(entry, request))]


def pages(request: HttpRequest) -> Iterator[tuple[Text, Entry, ShownEntry]]:
    """Yield (group label, entry, shown entry) for every page this person may open, for the palette."""
    for group in MENU:
        own = (Entry(group.label, group.url_name, group.right, group.icon),) if group.url_name else ()
        for entry in (*own, *group.entries):
            page = shown(entry, request)
            if page is not None:
                yield group.label, entry, page
