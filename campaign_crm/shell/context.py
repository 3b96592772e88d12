"""What the frame of a staff page shows around every screen (a context processor)."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaign_crm.platform.models import Notification, Organisation
from campaign_crm.platform.rights import Right
from campaign_crm.shell.navigation import ShownEntry, ShownGroup, navigation, new_entries
from contacts.services.silence import silence_of_page

MENUS_KEPT = 500  # a role, a page and a language each
_drawn: dict[tuple[object, ...], SafeString] = {}


class Frame:
    """Menu and “+ New” of one person on one page, worked out only when a template asks."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def navigation(self) -> list[ShownGroup]:
        return navigation(self.request) if self.request.user.is_authenticated else []

    def sidebar(self, organisation: Organisation) -> SafeString:
        """The menu as HTML, drawn once for all who see the same entries from the same page."""
        menu = self.navigation
        pages = [page for group in menu for page in ([group] if group.url else group.entries)]
        seen = tuple((page.url, page.is_current) for page in pages)
        key = (get_language(), organisation.name, tuple(group.name for group in menu), seen)
        if key not in _drawn:
            if len(_drawn) >= MENUS_KEPT:
                _drawn.clear()
            values = {"navigation": menu, "organisation": organisation}
            _drawn[key] = render_to_string("crm/frame/sidebar.html", values)
        return _drawn[key]

    @cached_property
    def new_entries(self) -> list[ShownEntry]:
        return new_entries(self.request) if self.request.user.is_authenticated else []

    @cached_property
    def unread(self) -> int:
        """How many notifications wait: one statement a page, answered by an index of the unread alone."""
        user = self.request.user
        return Notification.objects.filter(user=user).unread().counted() if user.is_authenticated else 0

    @cached_property
    def silence(self) -> dict[str, str] | None:
        """What mutes the country now, for the pill in the top bar."""
        if not self.request.user.is_authenticated:
            return None
        found = silence_of_page(None, timezone.now())
        if found is None:
            return None
        until = {"end": date_format(timezone.localtime(found.ends_at), "SHORT_DATETIME_FORMAT")}
        where = (
            found.election.name
            if found.is_everywhere
            else f"{found.election.name}, {found.election.territory}"
        )
        return {
            "url": reverse("contacts:elections"),
            "title": where,
            "text": _("Silence until %(end)s") % until,
        }

    @cached_property
    def sending_page(self) -> str:
        """Where this person switches sending; empty for those who may not."""
        user = self.request.user
        may = user.is_authenticated and user.has_right(Right.MANAGE_SETTINGS)
        return reverse("shell:sending") if may else ""


def frame(request: HttpRequest) -> dict[str, object]:
    """Give every template its `frame`."""
    return {"frame": Frame(request)}
