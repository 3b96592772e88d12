"""`/f/<slug>`: a public form. `/k/<token>`: confirm; GET only asks, as mail scanners follow every link."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt

from campaign_crm.platform.addresses import client_address
from messaging.content.tokens import ConfirmToken
from messaging.views.public_tokens import token_or_404
from tracking.form_figures import counter_of
from tracking.forms.content import Content
from tracking.forms.drawing import pages_of
from tracking.forms.prefill import known_of
from tracking.forms.public import PublicForm
from tracking.models import Form, Submission
from tracking.services.confirmations import (
    ConfirmationExpired,
    choices_to_confirm,
    confirm_sign_up,
    deny_sign_up,
)
from tracking.services.sign_up_limits import may_sign_up
from tracking.services.sign_ups import FormIsFull, receive_sign_up
from tracking.services.suspicion import PROOF, STAMP, page_stamp, suspicions_of

TOO_MANY = gettext_lazy(
    "Many sign-ups came from your connection, or with addresses like yours, in a short time. Please wait some"
    " minutes and try again."
)
CLOSED = 410


@method_decorator(
    [csrf_exempt, xframe_options_exempt], name="dispatch"
)  # signs nobody in: no session to abuse
class SignUpPage(View):
    """The form, and its thank-you. `?embed=1`: inside a page of a website that may show it."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        form = published_form(slug)
        language = language_of(form.content, request)
        with translation.override(language):
            return self._page(
                request, form, PublicForm(form, language=language, known=known_of(form, request))
            )

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        form = published_form(slug)
        language = language_of(form.content, request)
        with translation.override(language):
            answers = PublicForm(form, request.POST, language=language)
            if not form.takes_answers or not answers.is_valid():
                return self._page(request, form, answers)
            return self._receive(request, form, answers)

    def _receive(self, request: HttpRequest, form: Form, answers: PublicForm) -> HttpResponse:
        address, sign_up = client_address(request), answers.sign_up()
        email = sign_up.values.get("email", "")
        if not may_sign_up(ip=address, email=email):
            answers.add_error(None, TOO_MANY)
            return self._page(request, form, answers, status=429)
        suspicions = suspicions_of(slug=form.slug, posted=request.POST, email=email)
        try:
            submission = receive_sign_up(
                form=form, sign_up=sign_up, ip=address or None, suspicions=suspicions
            )
        except FormIsFull as error:
            answers.add_error(None, str(error))
            return self._page(request, form, answers, status=CLOSED)
        if answers.content.redirect and not is_embedded(request):
            return HttpResponseRedirect(answers.content.redirect)
        context = {"submission": submission, "has_email": bool(email), **page_context(request, form, answers)}
        return _framed(render(request, "public/thank_you.html", context), request, form)

    def _page(
        self, request: HttpRequest, form: Form, answers: PublicForm, status: int | None = None
    ) -> HttpResponse:
        status = status or (422 if answers.errors else 200)
        context = page_context(request, form, answers)
        return _framed(render(request, "public/sign_up.html", context, status=status), request, form)


def page_context(request: HttpRequest, form: Form, answers: PublicForm) -> dict[str, Any]:
    """What the page of a form shows."""
    content, language = answers.content, answers.language
    return {
        "form": form,
        "answers": answers,
        "pages": pages_of(answers),
        "texts": {name: content.say(name, language) for name in content.texts},
        "languages": [code for code in content.languages if code != language],
        "counter": counter_of(form, content),
        "stamp": page_stamp(form.slug),
        "stamp_name": STAMP,
        "proof_name": PROOF,
        "embedded": is_embedded(request),
        "is_open": form.takes_answers,
    }


def published_form(slug: str) -> Form:
    """The form of a public address; one that was never published is nobody's business."""
    found: Form = get_object_or_404(
        Form.objects.select_related("published", "source", "tag"), slug=slug, published__isnull=False
    )
    return found


def language_of(content: Content, request: HttpRequest) -> str:
    """The language asked for in the address, if the form is written in it."""
    asked = request.GET.get("lang", "")
    return asked if asked in content.languages else content.languages[0]


def is_embedded(request: HttpRequest) -> bool:
    return request.GET.get("embed") == "1"


def _framed(response: HttpResponse, request: HttpRequest, form: Form) -> HttpResponse:
    """Only pages of the websites that the form names may hold it in a frame."""
    own = settings.PUBLIC_URL.startswith("http://")  # on one machine, websites are tried without TLS too
    schemes = ("https://", "http://") if own else ("https://",)
    hosts = [f"{scheme}{host}" for host in form.embed_hosts for scheme in schemes]
    response._csp_replace = {"frame-ancestors": hosts or ["'none'"]}  # type: ignore[attr-defined]
    return response


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class Confirm(View):
    """Two buttons, then "it holds" or "nothing holds"."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        opened = token_or_404(token, ConfirmToken)
        with translation.override(_language_of(opened)):
            return self._page(request, opened, "ask", choices=choices_to_confirm(opened))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        opened = token_or_404(token, ConfirmToken)
        denies = request.POST.get("answer") == "not_me"
        with translation.override(_language_of(opened)):
            try:
                if denies:
                    deny_sign_up(token=opened)
                else:
                    confirm_sign_up(token=opened)
            except ConfirmationExpired as error:
                return self._page(request, opened, "expired", status=CLOSED, error=error)
            return self._page(request, opened, "denied" if denies else "done")

    def _page(
        self, request: HttpRequest, token: ConfirmToken, step: str, *, status: int = 200, **more: Any
    ) -> HttpResponse:
        submission = Submission.objects.filter(pk=token.submission).select_related("form__published").first()
        form = submission.form if submission else None
        title = form.content.say("title", translation.get_language() or "") if form else ""
        context = {"form": form, "form_title": title, "step": step, **more}
        return render(request, "public/confirm.html", context, status=status)


def _language_of(token: ConfirmToken) -> str | None:
    """In which the person filled in the form."""
    found = Submission.objects.filter(pk=token.submission).values_list("language", "form__language").first()
    return next(filter(None, found or ()), None) or translation.get_language()
