"""`/f/<slug>`: sign up. `/k/<token>`: confirm; GET only asks, because mail scanners follow every link."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from campaign_crm.platform.addresses import client_address
from messaging.content.tokens import ConfirmToken
from messaging.views.public_tokens import token_or_404
from tracking.forms.public import PublicForm
from tracking.models import Form, Submission
from tracking.services.confirmations import ConfirmationExpired, choices_to_confirm, confirm_sign_up
from tracking.services.sign_up_limits import may_sign_up
from tracking.services.sign_ups import receive_sign_up

TOO_MANY = gettext_lazy(
    "Many sign-ups came from your connection, or with addresses like yours, in a short time. Please wait some"
    " minutes and try again."
)


@method_decorator(csrf_exempt, name="dispatch")  # open to all, signs nobody in: there is no session to abuse
class SignUpPage(View):
    """The form, and its thank-you."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        form = get_object_or_404(Form, slug=slug)
        with translation.override(form.language):
            return self._page(request, form, PublicForm(form))

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        form = get_object_or_404(Form, slug=slug)
        with translation.override(form.language):
            answers = PublicForm(form, request.POST)
            if not form.is_open or not answers.is_valid():
                return self._page(request, form, answers)
            address = client_address(request)
            sign_up = answers.sign_up()
            if not may_sign_up(ip=address, email=sign_up.values.get("email", "")):
                answers.add_error(None, TOO_MANY)
                return self._page(request, form, answers, status=429)
            receive_sign_up(form=form, sign_up=sign_up, ip=address or None)
            context = {"form": form, "has_email": "email" in form.fields}
            return render(request, "public/thank_you.html", context)

    def _page(
        self, request: HttpRequest, form: Form, answers: PublicForm, status: int | None = None
    ) -> HttpResponse:
        status = status or (422 if answers.errors else 200)
        return render(request, "public/sign_up.html", {"form": form, "answers": answers}, status=status)


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class Confirm(View):
    """One button, then "it holds"."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        opened = self._token(token)
        form = self._form(opened)
        with translation.override(form.language if form else translation.get_language()):
            context = {"form": form, "step": "ask", "choices": choices_to_confirm(opened)}
            return render(request, "public/confirm.html", context)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        opened = self._token(token)
        form = self._form(opened)
        with translation.override(form.language if form else translation.get_language()):
            try:
                confirm_sign_up(token=opened)
            except ConfirmationExpired as error:
                context = {"form": form, "step": "expired", "error": error}
                return render(request, "public/confirm.html", context, status=410)
            return render(request, "public/confirm.html", {"form": form, "step": "done"})

    def _token(self, text: str) -> ConfirmToken:
        return token_or_404(text, ConfirmToken)

    def _form(self, token: ConfirmToken) -> Form | None:
        found = Submission.objects.filter(pk=token.submission).select_related("form").first()
        return found.form if found else None
