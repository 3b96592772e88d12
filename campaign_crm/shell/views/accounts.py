"""First administrator, own profile, and the team."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, ListView, TemplateView

from campaign_crm.platform.models import AuditEntry, User
from campaign_crm.platform.proportion import has_second_step
from campaign_crm.platform.rights import Right
from campaign_crm.platform.services import team
from campaign_crm.platform.services.first_admin import (
    FirstAdministratorError,
    create_first_administrator,
    is_link_good,
)
from campaign_crm.platform.services.second_step import SecondStepError, remove_second_step
from campaign_crm.platform.services.sessions import end_sessions, places_of
from campaign_crm.platform.staff import Breadcrumb, StaffView
from campaign_crm.platform.typed import line_of, number_of
from campaign_crm.shell.forms import FirstAdministratorForm, InvitationForm, ProfileForm, RoleForm

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
REASON_LENGTH = AuditEntry._meta.get_field("reason").max_length


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
        messages.success(request, _ended_words(ended))
        return redirect("shell:sessions")


def _ended_words(ended: int) -> str:
    return ngettext("%(number)s session ended.", "%(number)s sessions ended.", ended) % {"number": ended}


class Team(StaffView, ListView):
    """Everybody who may sign in."""

    right_required = Right.MANAGE_SETTINGS
    title = gettext_lazy("Team")
    subtitle = gettext_lazy("Who may sign in, and what their role lets them do.")
    template_name = "crm/team.html"
    queryset = User.objects.order_by("-is_active", "full_name", "email")


class Invite(StaffView, FormView):
    """Open an account for somebody: they choose their password by a link."""

    right_required = Right.MANAGE_SETTINGS
    title = gettext_lazy("Invite somebody")
    form_class = InvitationForm
    template_name = "crm/team_invite.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Team"), reverse("shell:team"))]

    def get_initial(self) -> dict[str, Any]:
        return {"language": get_language()}

    def form_valid(self, form: InvitationForm) -> HttpResponse:
        member = team.invite(by=self.request.user, **form.cleaned_data)
        messages.success(self.request, _("%(name)s may now choose a password.") % {"name": member})
        return redirect("shell:member", pk=member.pk)


class Member(StaffView, FormView):
    """One member: role, a new password link, a lost second step, opening and closing the account."""

    right_required = Right.MANAGE_SETTINGS
    form_class = RoleForm
    template_name = "crm/team_member.html"
    ACTS = {"deactivate": team.deactivate, "reactivate": team.reactivate}

    @cached_property
    def member(self) -> User:
        return get_object_or_404(User, pk=self.kwargs["pk"])

    def get_title(self) -> str:
        return str(self.member)

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Team"), reverse("shell:team"))]

    def get_initial(self) -> dict[str, Any]:
        return {"role": self.member.role}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            member=self.member, has_second_step=has_second_step(self.member), **kwargs
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("act") == "link":
            link = team.new_password_link(user=self.member, by=request.user)
            return self.render_to_response(self.get_context_data(link=link))
        if request.POST.get("act") == "second_step":
            return self.remove_second_step()
        if request.POST.get("act") == "sign_out":
            return self.sign_out()
        act = self.ACTS.get(request.POST.get("act", ""))
        if act is None:
            return super().post(request, *args, **kwargs)
        try:
            act(user=self.member, by=request.user)
        except team.TeamError as error:
            messages.error(request, str(error))
        return redirect("shell:member", pk=self.member.pk)

    def sign_out(self) -> HttpResponse:
        ended = end_sessions(user=self.member, by=self.request.user, keep=self.request.session.session_key)
        messages.success(self.request, _ended_words(ended))
        return redirect("shell:member", pk=self.member.pk)

    def remove_second_step(self) -> HttpResponse:
        reason = line_of(self.request.POST.get("reason", ""), at_most=REASON_LENGTH)
        try:
            remove_second_step(user=self.member, reason=reason, by=self.request.user)
        except SecondStepError as error:
            messages.error(self.request, str(error))
        else:
            messages.success(self.request, _("Removed: the password is enough until it is set up again."))
        return redirect("shell:member", pk=self.member.pk)

    def form_valid(self, form: RoleForm) -> HttpResponse:
        try:
            team.change_role(user=self.member, role=form.cleaned_data["role"], by=self.request.user)
        except team.TeamError as error:
            form.add_error("role", str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("Saved."))
        return redirect("shell:member", pk=self.member.pk)
