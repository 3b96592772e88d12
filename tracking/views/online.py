"""`/v/<token>`: a message as a page in the browser, under a policy of its own: it runs nothing."""

from __future__ import annotations

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from messaging.content.addresses import read_view_online
from messaging.content.tokens import BadToken
from messaging.services.online import online_page

MESSAGE_POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["'self'", "https:", "data:"],
    "font-src": ["'none'"],
    "connect-src": ["'none'"],
    "frame-src": ["'none'"],
    "form-action": ["'none'"],
}


@method_decorator([never_cache, csp_replace(MESSAGE_POLICY)], name="dispatch")
class ViewOnline(View):
    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            mark = read_view_online(token)
        except BadToken:
            raise Http404 from None
        page = online_page(mark)
        if page is None:
            raise Http404
        return HttpResponse(page, headers={"X-Robots-Tag": "noindex"})
