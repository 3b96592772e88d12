"""`/check-in/`: the page at the entrance, for a phone. It works for an hour without a network.

The page itself holds nobody: the list comes apart, and the service worker keeps the empty page only.
"""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView

from campaign_crm.platform.models import Organisation
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from tracking.events.check_in import list_for, receive_marks, receive_walk_in
from tracking.events.door import Unreadable, read
from tracking.events.public_form import wordings_of
from tracking.events.selectors import events_of, with_days
from tracking.events.words import when_words
from tracking.models import Event, EventSlot
from tracking.views.language import SPOKEN

KEPT_SECONDS = 3600  # that a phone keeps the list without a network
SHELL = (
    *("public/public.css", "tracking/check_in.css", "crm/logo.svg"),
    *(f"tracking/check_in/{name}.js" for name in ("app", "scan", "send", "vault")),
    *("vendor/qr-scanner/qr-scanner.min.js", "vendor/qr-scanner/qr-scanner-worker.min.js"),
)


class AtTheDoor(StaffView):
    right_required: str | None = Right.CHECK_IN
    in_territory = True

    @property
    def event(self) -> Event:
        events = events_of(self.request.user).filter(state=Event.State.PUBLISHED)
        found: Event = get_object_or_404(events, pk=self.kwargs["pk"])
        return found


class CheckInHome(AtTheDoor, TemplateView):
    """Where the installed page begins: the events of today and after, the next one first."""

    title = gettext_lazy("Welcome people")
    template_name = "tracking/events/check_in_home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        events = with_days(events_of(self.request.user).filter(state=Event.State.PUBLISHED))
        here = events.exclude(next_at=None).exclude(kind=Event.Kind.ONLINE).order_by("next_at")[:50]
        return super().get_context_data(events=here, **kwargs)


# The scanner makes its worker of a text of its own.
@method_decorator([never_cache, csp_update({"worker-src": ["'self'", "blob:"]})], name="dispatch")
class CheckInPage(AtTheDoor, TemplateView):
    """Scan, search, or write somebody down."""

    template_name = "tracking/events/check_in.html"

    def get_title(self) -> str:
        return self.event.title

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().get(request, *args, **kwargs)
        answer["Permissions-Policy"] = "camera=(self)"
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        event = self.event
        language = translation.get_language()[:2]
        boxes = wordings_of(event, language if language in SPOKEN else "fr")
        config = {
            "event": event.pk,
            "list": reverse("tracking:check_in_list", args=[event.pk]),
            "marks": reverse("tracking:check_in_marks", args=[event.pk]),
            "worker": reverse("tracking:check_in_worker"),
            "signIn": f"{reverse('account_login')}?next={self.request.path}",
            "keptSeconds": KEPT_SECONDS,
            "words": words(),
        }
        return super().get_context_data(event=event, boxes=boxes, config=config, **kwargs)


class CheckInList(AtTheDoor, View):
    """Who is expected, by time slot, with marks so far."""

    @method_decorator(never_cache)
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        event = self.event
        slots = EventSlot.objects.filter(event=event).select_related("event").order_by("starts_at")
        listed = {
            "slots": [{"id": slot.pk, "label": when_words(slot), "over": slot.is_over} for slot in slots],
            "people": list_for(event, by=request.user),
        }
        return JsonResponse(listed)


class CheckInMarks(AtTheDoor, View):
    """Marks and new people, in JSON; whatever is sent again changes nothing more."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        event = self.event
        language = translation.get_language()[:2]
        try:
            sent = read(request.body, event, language=language if language in SPOKEN else "fr")
        except Unreadable:
            return JsonResponse({"error": "unreadable"}, status=422)
        done = receive_marks(event=event, marks=sent.marks, by=request.user)
        for walk_in in sent.walk_ins:
            receive_walk_in(event=event, walk_in=walk_in, by=request.user)
            done.append(walk_in.number)
        return JsonResponse({"done": [str(number) for number in done], "left_out": sent.left_out})


class CheckInWorker(View):
    """The service worker: it stands under /check-in/, and so its scope is nothing else."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {"shell": [static(name) for name in SHELL]}
        answer = render(
            request, "tracking/events/check_in_worker.js", context, content_type="text/javascript"
        )
        answer["Cache-Control"] = "no-cache"
        return answer


class CheckInManifest(View):
    """What a phone installs."""

    def get(self, request: HttpRequest) -> HttpResponse:
        name = Organisation.current().name
        icon = {"src": static("crm/logo.svg"), "sizes": "any", "type": "image/svg+xml"}
        manifest = {
            "name": _("%(organisation)s: at the entrance") % {"organisation": name},
            "short_name": _("Entrance"),
            "start_url": reverse("tracking:check_in_home"),
            "scope": reverse("tracking:check_in_home"),
            "display": "standalone",
            "icons": [icon],
        }
        return JsonResponse(manifest, content_type="application/manifest+json")


def words() -> dict[str, str]:
    """What the page says by itself, in its reader's language; `%n` is a number, `%name` somebody's name."""
    return {
        "came": _("Here"),
        "undo": _("Not here after all?"),
        "already": _("Already here"),
        "unknown": _("Not a ticket of this event"),
        "otherSlot": _("Registered for another time"),
        "waiting": _("On the waiting list"),
        "guest": _("+ 1 guest"),
        "guests": _("+ %n guests"),
        "online": _("Connected"),
        "offline": _("No network: marks are kept and sent later"),
        "toSend": _("%n to send"),
        "forgotten": _(
            "The list is forgotten after an hour without network. It comes back with the network."
        ),
        "lost": _("%n people written down here were not sent before the page was closed, and are lost."),
        "signIn": _("Sign in again to send what is kept here."),
        "noCamera": _("The camera cannot be used. Search by name instead."),
        "nobody": _("Nobody has this name. Write them down?"),
        "welcomed": _("Welcome, %name!"),
        "expected": _("of %n expected"),
    }
