"""`/your-data/`: ask about one's data. `/d/<token>`: confirm it, and read the answer.

GET only asks, because mail scanners follow every link.
"""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from campaign_crm.platform.addresses import client_address
from contacts.models import PersonRequest
from contacts.requests.answering import MEDIA_TYPES, files_of, read_file
from contacts.requests.identity import confirm_identity, enter_code
from contacts.requests.rows import RequestRefused
from contacts.requests.service import address_is_stopped
from contacts.views.request_page import as_download
from messaging.content.tokens import RequestToken
from messaging.views.public_tokens import token_or_404
from tracking.forms.ask import AskForm
from tracking.services.asking import receive_request
from tracking.services.sign_up_limits import may_sign_up

LINK_LASTS = timedelta(days=30)
TOO_MANY = gettext_lazy(
    "Many requests came from your connection, or with addresses like yours, in a short time. Please wait some"
    " minutes and try again."
)


@method_decorator(csrf_exempt, name="dispatch")  # open to all, signs nobody in: there is no session to abuse
class AskPage(View):
    """The form, and "we have written to you", the same for everybody."""

    language = "fr"

    def get(self, request: HttpRequest) -> HttpResponse:
        with translation.override(self.language):
            return self._page(request, AskForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        with translation.override(self.language):
            form = AskForm(request.POST)
            if not form.is_valid():
                return self._page(request, form, status=422)
            asked = form.cleaned_data
            if not may_sign_up(ip=client_address(request), email=asked["email"]):
                form.add_error(None, TOO_MANY)
                return self._page(request, form, status=429)
            if not form.looks_automatic:
                told = {name: asked[name] for name in ("kind", "name", "email", "words", "channels")}
                receive_request(language=self.language, **told)
            return render(request, "public/ask.html", {"step": "sent", "email": asked["email"]})

    def _page(self, request: HttpRequest, form: AskForm, status: int = 200) -> HttpResponse:
        return render(request, "public/ask.html", {"step": "ask", "form": form}, status=status)


@method_decorator([csrf_exempt, never_cache], name="dispatch")  # the token is the secret; there is no session
class AskedPage(View):
    """One button that proves who asks; then how far it is, and the answer."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        opened = self._token(token)
        return self._page(request, opened, self._request(opened))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        opened = self._token(token)
        asked = self._request(opened)
        if asked is not None and not confirm_identity(request=asked, address_hash=opened.address_hash):
            asked = None
        wrong_code = False
        if asked is not None:
            asked.refresh_from_db()
            if asked.is_open and not asked.is_proven and (code := request.POST.get("code", "")[:20]):
                wrong_code = not _enter(asked, code)
            if (form := request.POST.get("file", "")) in MEDIA_TYPES and _may_download(asked):
                content = read_file(request=asked, form=form, by=None)
                if content is not None:
                    return as_download(content, asked, form)
        return self._page(request, opened, asked, wrong_code=wrong_code)

    def _page(
        self,
        request: HttpRequest,
        token: RequestToken,
        asked: PersonRequest | None,
        *,
        wrong_code: bool = False,
    ) -> HttpResponse:
        """`asked` None: the link is too old, or it is no longer this person's address."""
        with translation.override(
            asked.language[:2] if asked else translation.get_language_from_request(request)
        ):
            status = 422 if wrong_code else 200 if asked is not None else 410
            files = files_of(asked) if asked is not None and _may_download(asked) else []
            stopped = asked is not None and address_is_stopped(asked)
            context = {"asked": asked, "files": files, "address_stopped": stopped, "wrong_code": wrong_code}
            return render(request, "public/asked.html", context, status=status)

    def _request(self, token: RequestToken) -> PersonRequest | None:
        found = PersonRequest.objects.filter(pk=token.request).select_related("contact").first()
        if found is None or bytes(found.address_hash or b"") != token.address_hash:
            return None
        return found if timezone.now() - token.signed_at <= LINK_LASTS else None

    def _token(self, text: str) -> RequestToken:
        return token_or_404(text, RequestToken)


def _enter(asked: PersonRequest, code: str) -> bool:
    """The person typed the code of the letter; False when it is not that."""
    try:
        enter_code(request=asked, code=code, by=None)
    except RequestRefused:
        return False
    asked.refresh_from_db()
    return True


def _may_download(asked: PersonRequest) -> bool:
    """Once the team has looked and answered, and the person has proven who they are."""
    return asked.state == PersonRequest.State.ANSWERED and asked.is_proven
