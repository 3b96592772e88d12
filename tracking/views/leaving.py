"""`/u/<token>`: leave. GET only asks, because mail scanners follow every link; POST acts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from messaging.content.tokens import UnsubscribeToken
from messaging.views.public_tokens import token_or_404
from tracking.services.unsubscribing import Leaving, come_back, leave_everything, leave_newsletter, leaving_of
from tracking.views.language import speak_language_of

ONE_CLICK = "One-Click"


@method_decorator([csrf_exempt, never_cache], name="dispatch")  # RFC 8058: no cookie; the token is the secret
class Leave(View):
    """Two buttons at most: only this newsletter, or everything; then a way back."""

    template_name = "public/leave.html"

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        leaving = self._leaving(token)
        with speak_language_of(leaving.contact, request):
            return self._page(request, leaving, "test" if leaving.is_test else "ask")

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        leaving = self._leaving(token)
        if leaving.is_test:
            return self.get(request, token)
        if request.POST.get("List-Unsubscribe") == ONE_CLICK:
            leave_everything(leaving)
            return HttpResponse(status=204)
        with speak_language_of(leaving.contact, request):
            return self._page(request, leaving, self._act(leaving, request.POST.get("choice", "everything")))

    def _act(self, leaving: Leaving, choice: str) -> str:
        """Do what the button says; the step that the page shows then."""
        if choice == "back":
            return "back" if come_back(leaving) else "too_late"
        if choice == "newsletter":
            leave_newsletter(leaving)
            return choice
        leave_everything(leaving)
        return "everything"

    def _page(self, request: HttpRequest, leaving: Leaving, step: str) -> HttpResponse:
        return render(request, self.template_name, {"leaving": leaving, "step": step})

    def _leaving(self, text: str) -> Leaving:
        return leaving_of(token_or_404(text, UnsubscribeToken))
