"""`/p/<token>`: a person's choices. GET shows them; POST, by the person's button, changes them."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from campaign_crm.platform.typed import numbers_of
from contacts.enums import Channel, ConsentPurpose
from contacts.merging.redirects import present_contact
from contacts.models import ChosenFrequency, Contact, Newsletter
from contacts.services.consents import current_wording
from contacts.services.frequency import chosen_days
from messaging.content.addresses import read_preferences
from messaging.content.tokens import TESTS, BadToken, PreferencesToken, UnsubscribeToken
from tracking.services.held_data import held_data
from tracking.services.preferences import (
    OFFERED,
    Preferences,
    change_other_channels,
    change_preferences,
    leave_all,
    other_channels,
    preferences_of,
)
from tracking.views.language import speak_language_of

Asked = PreferencesToken | UnsubscribeToken


@method_decorator([csrf_exempt, never_cache], name="dispatch")  # the token is the secret; there is no session
class PreferencesPage(View):
    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        if self._token(token).address_hash == TESTS:
            return render(request, "public/leave.html", {"step": "test"})
        opened, contact = self._open(token)
        with speak_language_of(contact, request):
            return render(request, "public/preferences.html", self._context(opened, contact, saved=False))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        opened, contact = self._open(token)
        channel, leave = Channel(opened.channel), request.POST.get("leave", "")
        if leave:
            return self._leave(request, opened, contact, sure=leave == "all")
        others = [one for one in Channel if request.POST.get(f"on_{one.value}") == "on"]
        wanted = Preferences(
            purposes=frozenset(purpose for purpose in OFFERED if request.POST.get(purpose) == "on"),
            newsletters=frozenset(numbers_of(request.POST.getlist("newsletters"))),
            days=_days(request.POST.get("days"), chosen_days(contact, Channel(opened.channel))),
        )
        change_preferences(contact=contact, channel=channel, wanted=wanted, campaign=opened.campaign)
        if "channels" in request.POST:  # of a page that showed them
            change_other_channels(contact=contact, channel=channel, wanted=others)
        with speak_language_of(contact, request):
            return render(request, "public/preferences.html", self._context(opened, contact, saved=True))

    def _leave(self, request: HttpRequest, opened: Asked, contact: Contact, *, sure: bool) -> HttpResponse:
        """Nothing more, by any channel: asked once more before it is done."""
        with speak_language_of(contact, request):
            if not sure:
                return render(request, "public/leave_all.html", {"done": False})
            leave_all(contact=contact, channel=Channel(opened.channel), campaign=opened.campaign)
            return render(request, "public/leave_all.html", {"done": True})

    def _open(self, text: str) -> tuple[Asked, Contact]:
        token = self._token(text)
        contact = present_contact(token.contact)
        if contact is None or not _still_has(contact, token):
            raise Http404
        return token, contact

    def _token(self, text: str) -> Asked:
        try:
            return read_preferences(text)
        except BadToken:
            raise Http404 from None

    def _context(self, token: Asked, contact: Contact, *, saved: bool) -> dict[str, Any]:
        channel = Channel(token.channel)
        held = preferences_of(contact, channel)
        offered = Newsletter.objects.filter(Q(is_open=True) | Q(pk__in=held.newsletters)).order_by("name")
        texts = {
            purpose: current_wording(channel, purpose, contact.language).text for purpose in held.offered
        }
        return {
            "saved": saved,
            "objected": held.objected,
            "channels": [
                (other, current_wording(other, ConsentPurpose.MESSAGES, contact.language).text, found)
                for other, found in other_channels(contact, channel).items()
            ],
            "messages": ConsentPurpose.MESSAGES,
            "facts": held_data(contact),
            "purposes": [(purpose, text, purpose in held.purposes) for purpose, text in texts.items()],
            "rhythms": [(0, _("No limit"), not held.days)]
            + [(days.value, days.label, days == held.days) for days in ChosenFrequency.Days],
            "newsletters": [(newsletter, newsletter.pk in held.newsletters) for newsletter in offered],
        }


def _days(text: str | None, held: int) -> int:
    """The rhythm that was chosen; the one that holds where the page asked for none."""
    offered = {str(days): days for days in (0, *ChosenFrequency.Days.values)}
    return offered.get(text or "", held)


def _still_has(contact: Contact, token: Asked) -> bool:
    """Whoever reads an address that is no longer this person's learns and changes nothing of theirs."""
    points = contact.emailaddress_set if token.channel == Channel.EMAIL else contact.phonenumber_set
    found: bool = points.filter(address_hash=token.address_hash).exists()
    return found
