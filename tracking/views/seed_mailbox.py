"""`/t/<token>`: whoever reads a mailbox says whether it takes tests of mailings. GET only asks."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from messaging.content.tokens import SeedToken
from messaging.models import SeedMailbox
from messaging.services.seed_mailboxes import confirm_seed_mailbox, leave_seed_mailbox, seed_of
from messaging.views.public_tokens import token_or_404


@method_decorator([csrf_exempt, never_cache], name="dispatch")  # the token is the secret; there is no session
class SeedMailboxPage(View):
    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        seed = self._seed(token)
        return self._page(request, "gone" if seed is None else "agreed" if seed.confirmed_at else "ask", seed)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        seed = self._seed(token)
        if seed is None:
            return self._page(request, "gone", None)
        if request.POST.get("answer") == "no":
            leave_seed_mailbox(seed)
            return self._page(request, "left", seed)
        confirm_seed_mailbox(seed)
        return self._page(request, "agreed", seed)

    def _seed(self, text: str) -> SeedMailbox | None:
        return seed_of(token_or_404(text, SeedToken))

    def _page(self, request: HttpRequest, step: str, seed: SeedMailbox | None) -> HttpResponse:
        status = 410 if step == "gone" else 200
        return render(request, "public/seed_mailbox.html", {"step": step, "seed": seed}, status=status)
