"""After a roll: why most electors cannot be written to by e-mail or SMS, and what can be done with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView

Text = str | Promise


@dataclass(frozen=True)
class Way:
    """One thing to do with electors; `url` is empty where the person may not go there."""

    icon: str
    title: Text
    text: Text
    action: Text
    url: str = ""


_WAYS: tuple[tuple[Way, Right, str], ...] = (
    (
        Way(
            "mails",
            gettext_lazy("Write letters"),
            gettext_lazy(
                "To everyone, or by age, sex, commune or polling station: that is what the roll is for. "
                "Each letter says where the address comes from and how to object."
            ),
            gettext_lazy("Choose electors for letters"),
        ),
        Right.VIEW_PEOPLE,
        "contacts:electors_letters",
    ),
    (
        Way(
            "door-open",
            gettext_lazy("Visit them"),
            gettext_lazy(
                "The roll says which streets vote where. What people tell you at the door, with their "
                "agreement, makes them people of the base: type it in as you come back."
            ),
            gettext_lazy("Add a person"),
        ),
        Right.EDIT_PEOPLE,
        "contacts:person_new",
    ),
    (
        Way(
            "phone-call",
            gettext_lazy("Call them one by one"),
            gettext_lazy(
                "A roll has no phone numbers. A volunteer may call somebody whose number came another way, "
                "one call at a time, never by a machine."
            ),
            gettext_lazy("See people"),
        ),
        Right.VIEW_PEOPLE,
        "contacts:people",
    ),
    (
        Way(
            "git-merge",
            gettext_lazy("Link your address books"),
            gettext_lazy(
                "Import contacts that people gave you: whoever is also an elector gets a polling station, "
                "and may be written to for the reason that the address book brings."
            ),
            gettext_lazy("Import a file"),
        ),
        Right.IMPORT_PEOPLE,
        "contacts:import_new",
    ),
    (
        Way(
            "clipboard-list",
            gettext_lazy("Let them sign up"),
            gettext_lazy(
                "Print the address of a form, or its code, on letters and leaflets: who signs up agrees to "
                "e-mails or SMS on the spot."
            ),
            gettext_lazy("See the forms"),
        ),
        Right.VIEW_CAMPAIGNS,
        "tracking:forms",
    ),
    (
        Way(
            "newspaper",
            gettext_lazy("Offer local newsletters"),
            gettext_lazy(
                "News of their department is something people ask for; writing to those who chose it is "
                "never targeting."
            ),
            gettext_lazy("See the newsletters"),
        ),
        Right.VIEW_SEGMENTS,
        "contacts:newsletters",
    ),
)


def ways_for(request: HttpRequest) -> list[Way]:
    """Everything that can be done, with a link where this person may follow it."""
    return [
        Way(way.icon, way.title, way.text, way.action, _url(name) if request.user.has_right(right) else "")
        for way, right, name in _WAYS
    ]


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:  # a page of an app above that does not exist
        return ""


class ElectorsNext(StaffView, TemplateView):
    """The page that explains it, for whoever asks why the base is large and its reach is small."""

    right_required = Right.VIEW_PEOPLE
    in_territory = True
    title = gettext_lazy("What to do with electors")
    subtitle = gettext_lazy("A roll says who votes where. It does not say who wants to hear from you.")
    template_name = "contacts/electors/next.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Electors"), reverse("contacts:electors"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(ways=ways_for(self.request), **kwargs)
