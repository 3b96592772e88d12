"""What the page of a form asks for while somebody fills it in, and the script that puts it into a website."""

from __future__ import annotations

import json
import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_GET

from campaign_crm.platform.addresses import client_address
from campaign_crm.platform.limits import is_within, place_of
from contacts.enums import TerritoryKind
from contacts.models import Territory
from contacts.territories.lookup import PLACES_OF_RESIDENCE
from tracking.services.suspicion import new_challenge
from tracking.views.sign_up import published_form

POSTCODE = re.compile(r"\d{5}")
LOOKUPS, SECONDS = 120, 60  # towns and challenges from one place
TOWNS_SHOWN = 60
TOO_MANY_REQUESTS = 429


@require_GET
@never_cache
def challenge(request: HttpRequest) -> HttpResponse:
    """A proof of work for one answer."""
    if not is_within("form-challenge", place_of(client_address(request)), at_most=LOOKUPS, seconds=SECONDS):
        return JsonResponse({}, status=TOO_MANY_REQUESTS)
    return JsonResponse(new_challenge())


@require_GET
@cache_control(public=True, max_age=86_400)
def communes(request: HttpRequest) -> HttpResponse:
    """Names of the towns of a postcode, the largest first."""
    postcode = request.GET.get("postcode", "")
    if not POSTCODE.fullmatch(postcode):
        return JsonResponse({"communes": []})
    if not is_within("form-communes", place_of(client_address(request)), at_most=LOOKUPS, seconds=SECONDS):
        return JsonResponse({"communes": []}, status=TOO_MANY_REQUESTS)
    towns = Territory.objects.filter(
        postcodes__contains=[postcode], kind__in=PLACES_OF_RESIDENCE, replaced_by__isnull=True
    ).order_by("-population", "name")
    found = list(towns.values_list("name", "kind")[:TOWNS_SHOWN])
    quarters = [name for name, kind in found if kind == TerritoryKind.MUNICIPAL_ARRONDISSEMENT]
    return JsonResponse({"communes": quarters or [name for name, _kind in found]})


@require_GET
@cache_control(public=True, max_age=300)
def embed_script(request: HttpRequest, slug: str) -> HttpResponse:
    """One script tag puts the form where it stands, and keeps its height; it needs no inline style."""
    form = published_form(slug)
    about = {
        "from": settings.PUBLIC_URL,
        "form": form.slug,
        "page": f"{settings.PUBLIC_URL}{reverse('tracking:sign_up', args=[form.slug])}?embed=1",
        "title": form.content.say("title", form.content.languages[0]),
    }
    said = json.dumps(about).replace("<", "\\u003c")
    return HttpResponse(_SCRIPT.replace("ABOUT", said), content_type="text/javascript; charset=utf-8")


_SCRIPT = """(() => {
  const about = ABOUT;
  const frame = document.createElement("iframe");
  frame.src = about.page;
  frame.title = about.title;
  frame.style.width = "100%";
  frame.style.height = "640px";
  frame.style.border = "0";
  document.currentScript.after(frame);
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== about.from) return;
    if (event.data.form !== about.form) return;
    if (typeof event.data.to === "string") location.assign(event.data.to);
    if (typeof event.data.height === "number") frame.style.height = Math.ceil(event.data.height) + "px";
  });
})();
"""
