"""Pages that say what went wrong and what to do next."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseServerError, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _

from campaign_crm.platform.api.problems import CONTENT_TYPE, server_problem

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Name the right that is missing, inside the frame of the staff pages for who is signed in."""
    is_staff = request.user.is_authenticated
    title = _("Not for your role")
    context = {"reason": str(exception or ""), "title": title, "breadcrumbs": [(title, "")]}
    return render(request, "errors/403_staff.html" if is_staff else "errors/403.html", context, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a staff page for who is signed in, a plain one for everybody else.

    Some addresses answer before sessions are read, so the request may have no user.
    """
    user = getattr(request, "user", None)
    is_staff = user is not None and user.is_authenticated
    title = _("Page not found")
    context = {"title": title, "breadcrumbs": [(title, "")]}
    return render(request, "errors/404_staff.html" if is_staff else "errors/404.html", context, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer without the database, the session or the frame: any of them may be what failed."""
    if request.path.startswith(API):
        return JsonResponse(server_problem(), status=500, content_type=CONTENT_TYPE)
    return HttpResponseServerError(loader.get_template("errors/500.html").render({}, None))
