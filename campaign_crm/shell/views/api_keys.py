"""Keys of the REST API: made, listed with their last use, given another secret, revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, TemplateView, View

from campaign_crm.platform.api.keys import (
    KeyRefused,
    create_api_key,
    create_token,
    revoke_api_key,
    rotate_api_key,
)
from campaign_crm.platform.asking_again import ask_again, is_fresh
from campaign_crm.platform.models import ApiKey
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.shell.key_forms import A_YEAR, ApiKeyForm, RotateForm, TokenForm
from contacts.models import Territory

THREE_MONTHS = timedelta(days=91)
TITLE, TOKENS = gettext_lazy("API keys"), gettext_lazy("Your personal tokens")


class ApiKeys(StaffView, TemplateView):
    """Every key and every member's token, those in force first."""

    right_required = Right.MANAGE_SETTINGS
    title = TITLE
    subtitle = gettext_lazy("A key lets a website or another program use the API, within what it may do.")
    template_name = "crm/api_keys.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        keys = ApiKey.objects.select_related("created_by", "owner").order_by("-pk")
        return super().get_context_data(keys=shown(list(keys)), **kwargs)


class Tokens(StaffView, TemplateView):
    """One's own tokens."""

    right_required = None
    title = TOKENS
    subtitle = gettext_lazy(
        "A token lets a program of yours use the API as you: what you may, where you may, and no more."
    )
    template_name = "crm/tokens.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Your profile"), reverse("shell:profile"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(keys=shown(list(self.request.user.tokens.order_by("-pk"))), **kwargs)


def shown(keys: list[ApiKey]) -> list[ApiKey]:
    """Keys with their places and scopes in words, those in force first."""
    labels = dict(Scope.choices)
    places = Territory.objects.in_bulk([key.territory for key in keys if key.territory])
    for key in keys:
        key.place = places.get(key.territory)
        key.scope_labels = [labels.get(scope, scope) for scope in key.scopes]
    return sorted(keys, key=lambda key: not key.is_in_force)


class NewKeyMixin(StaffView, FormView):
    """Make a key; its text is on the answer and nowhere else, ever."""

    template_name = "crm/api_key_new.html"
    back = ""
    lasts = A_YEAR

    def get_initial(self) -> dict[str, Any]:
        return {"last_day": timezone.localdate() + self.lasts}

    def show_once(self, key: ApiKey, text: str) -> HttpResponse:
        answer = self.render_to_response(self.get_context_data(key=key, text=text, title=key.name))
        add_never_cache_headers(answer)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(back=reverse(self.back), **kwargs)


class ApiKeyNew(NewKeyMixin):
    right_required = Right.MANAGE_SETTINGS
    title = gettext_lazy("Make an API key")
    form_class = ApiKeyForm
    back = "shell:api_keys"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(TITLE, reverse("shell:api_keys"))]

    def form_valid(self, form: ApiKeyForm) -> HttpResponse:
        asked = form.cleaned_data
        key, text = create_api_key(
            name=asked["name"],
            kind=asked["kind"],
            scopes=asked["scopes"],
            origins=asked["origins"],
            territory=asked["territory"] and asked["territory"].pk,
            expires_at=form.expires_at,
            by=self.request.user,
        )
        return self.show_once(key, text)


class TokenNew(NewKeyMixin):
    """Make a personal token; asked for on a fresh sign-in, as it acts without one."""

    right_required = None
    title = gettext_lazy("Make a personal token")
    form_class = TokenForm
    back = "shell:tokens"
    lasts = THREE_MONTHS

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Your profile"), reverse("shell:profile")), (TOKENS, reverse("shell:tokens"))]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().post(request, *args, **kwargs) if is_fresh(request) else ask_again(request)

    def form_valid(self, form: TokenForm) -> HttpResponse:
        key, text = create_token(
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            expires_at=form.expires_at,
            by=self.request.user,
        )
        return self.show_once(key, text)


class ApiKeyRotate(StaffView, View):
    """Give a key another secret, shown once; the one before stays good for some days."""

    right_required = Right.MANAGE_SETTINGS
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        key = get_object_or_404(ApiKey.objects.exclude(kind=ApiKey.Kind.PERSONAL), pk=pk)
        form = RotateForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("The earlier secret stays good for 90 days at most."))
            return redirect("shell:api_keys")
        try:
            key, text = rotate_api_key(
                key=key, overlap=timedelta(days=form.cleaned_data["days"]), by=request.user
            )
        except KeyRefused as error:
            messages.error(request, str(error))
            return redirect("shell:api_keys")
        page = ApiKeyNew()
        page.setup(request)
        return page.show_once(key, text)


class ApiKeyRevoke(StaffView, View):
    """Close a key."""

    right_required = Right.MANAGE_SETTINGS
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        _close(request, get_object_or_404(ApiKey, pk=pk))
        return redirect("shell:api_keys")


class TokenRevoke(StaffView, View):
    """Close a token of one's own."""

    right_required = None
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        _close(request, get_object_or_404(request.user.tokens, pk=pk))
        return redirect("shell:tokens")


def _close(request: HttpRequest, key: ApiKey) -> None:
    revoke_api_key(key=key, by=request.user)
    messages.success(request, _("“%(name)s” opens nothing any more.") % {"name": key.name})
