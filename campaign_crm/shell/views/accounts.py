"""First administrator and own profile."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView

from campaign_crm.platform.services import team
from campaign_crm.platform.services.first_admin import (
    FirstAdministratorError,
    create_first_administrator,
    is_link_good,
)
from campaign_crm.platform.services.sessions import end_sessions, places_of
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.typed import number_of
from campaign_crm.shell.forms import FirstAdministratorForm, ProfileForm
from campaign_crm.shell.words import sessions_ended

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class FirstAdministrator(FormView):
    """The page behind the one-time link of an empty installation; a used link is a 404."""

    form_class = FirstAdministratorForm
    template_name = "account/first_administrator.html"
    success_url = reverse_lazy("shell:home")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_link_good(kwargs["token"]):
            raise Http404(_("This link has been used already, or a newer one was made."))
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"language": get_language()}

    def form_valid(self, form: FirstAdministratorForm) -> HttpResponse:
        try:
            user = create_first_administrator(token=self.kwargs["token"], **form.cleaned_data)
        except FirstAdministratorError as error:
            raise Http404(str(error)) from error
        login(self.request, user, backend=BACKEND)
        record_authentication(self.request, user, method="password")
        UserSession.objects.create_from_request(self.request)
        return super().form_valid(form)


class Profile(StaffView, FormView):
    """A person's own account."""

    right_required = None
    title = gettext_lazy("Your profile")
    form_class = ProfileForm
    template_name = "crm/profile.html"
    success_url = reverse_lazy("shell:profile")

    def get_initial(self) -> dict[str, Any]:
        return {"full_name": self.request.user.full_name, "language": self.request.user.language}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        grants = self.request.user.grants.in_force(timezone.localdate()).select_related("territory")
        return super().get_context_data(grants=grants, **kwargs)

    def form_valid(self, form: ProfileForm) -> HttpResponse:
        team.update_own_profile(user=self.request.user, **form.cleaned_data)
        messages.success(self.request, _("Saved."))
        return super().form_valid(form)


class Sessions(StaffView, TemplateView):
    """Where a person is signed in; each place, or all others at once, can be signed out."""

    right_required = None
    title = gettext_lazy("Where you are signed in")
    subtitle = gettext_lazy("Sign out of what you do not know, then change your password.")
    template_name = "crm/sessions.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Your profile"), reverse("shell:profile"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        places = places_of(self.request.user, here=self.request.session.session_key)
        return super().get_context_data(places=places, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        wanted = request.POST.get("end", "")
        only = number_of(wanted)
        if only is None and wanted != "others":
            raise Http404
        ended = end_sessions(
            user=request.user,
            by=request.user,
            only=only,
            keep=request.session.session_key,
        )
        messages.success(request, sessions_ended(ended))
        return redirect("shell:sessions")
