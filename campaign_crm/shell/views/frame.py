"""Small answers that the frame of every page needs: palette, language, web manifest."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from campaign_crm.platform.models import Organisation
from campaign_crm.platform.staff import staff_view
from campaign_crm.platform.typed import line_of
from campaign_crm.shell.search import find

YEAR = 365 * 24 * 3600
DAY = 24 * 3600
TYPED = 100  # characters of a search that count


@require_safe
@staff_view(None)
def palette(request: HttpRequest) -> HttpResponse:
    """Answer with the hits for what was typed, as a fragment of the palette."""
    words = " ".join(line_of(request.GET.get("q", ""), at_most=TYPED).split())
    return render(request, "crm/palette_results.html", {"findings": find(request, words), "words": words})


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Change the language at once, for this browser and for the account of who is signed in."""
    wanted = request.POST.get("language", "")
    onward = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(onward, {request.get_host()}, request.is_secure()):
        onward = reverse("shell:home")
    response = HttpResponseRedirect(onward)  # nosemgrep - its host was looked at
    if wanted in dict(settings.LANGUAGES) and check_for_language(wanted):
        if request.user.is_authenticated and request.user.language != wanted:
            request.user.language = wanted
            request.user.save(update_fields=["language"])
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            wanted,
            max_age=YEAR,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


@require_safe
@cache_control(max_age=3600)
def manifest(request: HttpRequest) -> JsonResponse:
    """Answer with the web manifest: the staff interface can be put on a phone's home screen."""
    name = Organisation.current().name
    answer = {
        "name": name,
        "short_name": name[:12],
        "start_url": reverse("shell:home"),
        "display": "standalone",
        "background_color": "#f6f7f9",
        "theme_color": "#3f51c7",
        "icons": [{"src": static("crm/logo.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }
    return JsonResponse(answer, content_type="application/manifest+json")


@require_safe
@cache_control(public=True, max_age=DAY)
def favicon(request: HttpRequest) -> HttpResponse:
    """Send browsers that ask for the old name to our icon."""
    return HttpResponseRedirect(static("crm/logo.svg"))
