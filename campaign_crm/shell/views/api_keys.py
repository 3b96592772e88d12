"""Keys of the REST API: made, listed with their last use, revoked."""

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

from campaign_crm.platform.api_keys import create_api_key, revoke_api_key
from campaign_crm.platform.models import ApiKey
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.shell.forms import ApiKeyForm
from contacts.models import Territory

A_YEAR = timedelta(days=365)
TITLE = gettext_lazy("API keys")


class ApiKeys(StaffView, TemplateView):
    """Every key, those in force first."""

    right_required = Right.MANAGE_SETTINGS
    title = TITLE
    subtitle = gettext_lazy("A key lets a website or another program use the API, within what it may do.")
    template_name = "crm/api_keys.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        keys = list(ApiKey.objects.select_related("created_by").order_by("-pk"))
        labels = dict(Scope.choices)
        places = Territory.objects.in_bulk([key.territory for key in keys if key.territory])
        for key in keys:
            key.place = places.get(key.territory)
            key.scope_labels = [labels.get(scope, scope) for scope in key.scopes]
        keys.sort(key=lambda key: key.revoked_at is not None or key.is_over)
        return super().get_context_data(keys=keys, **kwargs)


class ApiKeyNew(StaffView, FormView):
    """Make a key; its text is on the answer and nowhere else, ever."""

    right_required = Right.MANAGE_SETTINGS
    title = gettext_lazy("Make an API key")
    form_class = ApiKeyForm
    template_name = "crm/api_key_new.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(TITLE, reverse("shell:api_keys"))]

    def get_initial(self) -> dict[str, Any]:
        return {"last_day": timezone.localdate() + A_YEAR}

    def form_valid(self, form: ApiKeyForm) -> HttpResponse:
        key, text = create_api_key(
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            territory=form.cleaned_data["territory"] and form.cleaned_data["territory"].pk,
            expires_at=form.expires_at,
            by=self.request.user,
        )
        answer = self.render_to_response(self.get_context_data(key=key, text=text, title=key.name))
        add_never_cache_headers(answer)
        return answer


class ApiKeyRevoke(StaffView, View):
    """Close a key."""

    right_required = Right.MANAGE_SETTINGS
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        key = revoke_api_key(key=get_object_or_404(ApiKey, pk=pk), by=request.user)
        messages.success(request, _("“%(name)s” opens nothing any more.") % {"name": key.name})
        return redirect("shell:api_keys")
