"""`/r/<token>`: one's ticket and registration. GET shows it; POST, by the person's button, changes it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from campaign_crm.platform.typed import number_of
from messaging.content.tokens import RsvpToken
from messaging.views.public_tokens import token_or_404
from tracking.events.calendar_files import MEDIA_TYPE
from tracking.events.errors import RegistrationClosed
from tracking.events.people import confirm, may_confirm, wordings_of
from tracking.events.public_form import guest_choices
from tracking.events.registering import cancel, change_guests, is_open
from tracking.events.tickets import calendar_for, picture_uri, rsvp_of
from tracking.models import Rsvp


def rsvp_or_404(text: str) -> Rsvp:
    """The registration of a link, as for any other token; the same 404 once it is nobody's."""
    rsvp = rsvp_of(token_or_404(text, RsvpToken))
    if rsvp is None:
        raise Http404
    return rsvp


@method_decorator([csrf_exempt, never_cache], name="dispatch")  # the token is the secret; there is no session
class RsvpPage(View):
    """The QR code, when and where; come with more or fewer, give the seat back, confirm an agreement."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._page(request, rsvp_or_404(token), token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        rsvp = rsvp_or_404(token)
        with translation.override(rsvp.language):
            try:
                said = self._act(rsvp, request.POST)
            except RegistrationClosed as error:
                return self._page(request, rsvp, token, error=str(error), status=422)
        return self._page(request, rsvp_or_404(token), token, said=said)

    def _act(self, rsvp: Rsvp, posted: Any) -> str:
        """Do what the button says; what the page answers then."""
        act = posted.get("act", "")
        if act == "confirm":
            confirm(rsvp=rsvp)
            return _("Thank you: your choices take effect now.")
        if act == "cancel":
            cancel(rsvp=rsvp)
            return _("Your seat is given back. Thank you for telling us.")
        if act == "guests" and (guests := number_of(posted.get("guests", ""))) is not None:
            change_guests(rsvp=rsvp, guests=guests)
            return _("Saved.")
        return ""

    def _page(
        self,
        request: HttpRequest,
        rsvp: Rsvp,
        token: str,
        *,
        said: str = "",
        error: str = "",
        status: int = 200,
    ) -> HttpResponse:
        with translation.override(rsvp.language):
            open_now = is_open(rsvp.event, rsvp.slot)
            context = {
                "rsvp": rsvp,
                "event": rsvp.event,
                "slot": rsvp.slot,
                "token": token,
                "said": said,
                "error": error,
                "is_open": open_now,
                "picture": picture_uri(rsvp) if rsvp.is_registered and not rsvp.event.is_online else "",
                "guests": guest_choices(rsvp.event) if rsvp.event.guests_allowed else [],
                "wordings": wordings_of(rsvp) if may_confirm(rsvp) else [],
            }
            return render(request, "tracking/events/public_rsvp.html", context, status=status)


@method_decorator(never_cache, name="dispatch")
class RsvpCalendarFile(View):
    """The person's slot for their calendar."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        rsvp = rsvp_or_404(token)
        with translation.override(rsvp.language):
            return HttpResponse(
                calendar_for(rsvp),
                content_type=MEDIA_TYPE,
                headers={"Content-Disposition": 'attachment; filename="event.ics"'},
            )
