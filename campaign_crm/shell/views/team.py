"""The team: who may sign in, with which roles and where."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.generic import FormView, ListView

from campaign_crm.platform.models import AuditEntry, User
from campaign_crm.platform.proportion import has_second_step
from campaign_crm.platform.rights import Right
from campaign_crm.platform.services import team
from campaign_crm.platform.services.second_step import SecondStepError, remove_second_step
from campaign_crm.platform.services.sessions import end_sessions
from campaign_crm.platform.staff import Breadcrumb, RightMissing, StaffView
from campaign_crm.platform.typed import line_of, number_of
from campaign_crm.shell.forms import RoleForm
from campaign_crm.shell.team_forms import GrantForm, InvitationForm
from campaign_crm.shell.words import sessions_ended
from contacts.models import Grant
from contacts.services.grants import (
    GrantRefused,
    end_grant,
    give_grant,
    grants_seen_by,
    invite_with_grant,
    may_change,
    team_of,
)

REASON_LENGTH = AuditEntry._meta.get_field("reason").max_length


class Team(StaffView, ListView[User]):
    """Everybody who may sign in; to whoever manages a territory, those with a role there."""

    right_required = Right.MANAGE_TEAM
    in_territory = True
    title = gettext_lazy("Team")
    subtitle = gettext_lazy("Who may sign in, what their roles let them do, and where.")
    template_name = "crm/team.html"

    def get_queryset(self) -> QuerySet[User]:
        in_force = grants_seen_by(self.request.user).in_force(timezone.localdate())
        members = team_of(self.request.user).prefetch_related(
            Prefetch("grants", queryset=in_force.order_by("pk"), to_attr="grants_of_today")
        )
        return members.order_by("-is_active", "full_name", "email")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sees_all = self.request.user.scope_of(Right.MANAGE_TEAM) is None
        return super().get_context_data(sees_all=sees_all, **kwargs)


class Invite(StaffView, FormView[InvitationForm]):
    """Open an account for somebody: they choose their password by a link."""

    right_required = Right.MANAGE_TEAM
    in_territory = True
    title = gettext_lazy("Invite somebody")
    form_class = InvitationForm
    template_name = "crm/team_invite.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Team"), reverse("shell:team"))]

    def get_initial(self) -> dict[str, Any]:
        return {"language": get_language()}

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"by": self.request.user}

    def form_valid(self, form: InvitationForm) -> HttpResponse:
        asked = form.cleaned_data
        try:
            if asked["territory"] is None and asked["ends_on"] is None:
                person = {name: asked[name] for name in ("email", "full_name", "role", "language")}
                member = team.invite(by=self.request.user, **person)
            else:
                member = invite_with_grant(by=self.request.user, **asked)
        except (GrantRefused, team.TeamError) as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("%(name)s may now choose a password.") % {"name": member})
        return redirect("shell:member", pk=member.pk)


class Member(StaffView, FormView[RoleForm]):
    """One member: roles and where, a new password link, a lost second step, opening and closing the account.

    Roles in territories are for whoever manages the team there; the account itself for administrators.
    """

    right_required = Right.MANAGE_TEAM
    in_territory = True
    form_class = RoleForm
    template_name = "crm/team_member.html"
    ACTS = {"deactivate": team.deactivate, "reactivate": team.reactivate}

    @cached_property
    def member(self) -> User:
        return get_object_or_404(team_of(self.request.user), pk=self.kwargs["pk"])

    @cached_property
    def may_manage_account(self) -> bool:
        return self.request.user.scope_of(Right.MANAGE_SETTINGS) is None

    def get_title(self) -> str:
        return str(self.member)

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Team"), reverse("shell:team"))]

    def get_initial(self) -> dict[str, Any]:
        return {"role": self.member.role}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        seen = grants_seen_by(self.request.user)
        grants = seen.filter(user=self.member).select_related("given_by").order_by("pk")
        today = timezone.localdate()
        return super().get_context_data(
            **{"grant_form": GrantForm(by=self.request.user), **kwargs},
            member=self.member,
            grants=[
                (grant, bool(grant.ends_on and grant.ends_on < today), self._may_end(grant))
                for grant in grants
            ],
            sees_all=self.request.user.scope_of(Right.MANAGE_TEAM) is None,
            may_give=self.member.pk != self.request.user.pk,
            may_manage_account=self.may_manage_account,
            has_second_step=has_second_step(self.member),
        )

    def _may_end(self, grant: Grant) -> bool:
        return grant.user_id != self.request.user.pk and may_change(self.request.user, grant)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name = request.POST.get("act", "")
        if name == "give":
            return self.give()
        if name == "end":
            return self.end()
        if not self.may_manage_account:
            raise RightMissing(Right.MANAGE_SETTINGS)
        if name == "link":
            link = team.new_password_link(user=self.member, by=request.user)
            return self.render_to_response(self.get_context_data(link=link))
        if name == "second_step":
            return self.remove_second_step()
        if name == "sign_out":
            return self.sign_out()
        act = self.ACTS.get(name)
        if act is None:
            return super().post(request, *args, **kwargs)
        try:
            act(user=self.member, by=request.user)
        except team.TeamError as error:
            messages.error(request, str(error))
        return self._back()

    def give(self) -> HttpResponse:
        form = GrantForm(self.request.POST, by=self.request.user)
        if form.is_valid():
            try:
                give_grant(user=self.member, by=self.request.user, **form.cleaned_data)
            except GrantRefused as error:
                form.add_error(None, str(error))
            else:
                messages.success(self.request, _("Saved."))
                return self._back()
        return self.render_to_response(self.get_context_data(grant_form=form), status=422)

    def end(self) -> HttpResponse:
        number = number_of(self.request.POST.get("grant", ""))
        grant = get_object_or_404(self.member.grants.select_related("user", "territory"), pk=number)
        if not self._may_end(grant):
            raise PermissionDenied(_("You may take away only what you could give yourself."))
        end_grant(grant=grant, by=self.request.user)
        messages.success(self.request, _("The role is taken away, at once."))
        return (
            self._back() if team_of(self.request.user).filter(pk=self.member.pk) else redirect("shell:team")
        )

    def sign_out(self) -> HttpResponse:
        ended = end_sessions(user=self.member, by=self.request.user, keep=self.request.session.session_key)
        messages.success(self.request, sessions_ended(ended))
        return self._back()

    def remove_second_step(self) -> HttpResponse:
        reason = line_of(self.request.POST.get("reason", ""), at_most=REASON_LENGTH)
        try:
            remove_second_step(user=self.member, reason=reason, by=self.request.user)
        except SecondStepError as error:
            messages.error(self.request, str(error))
        else:
            messages.success(self.request, _("Removed: the password is enough until it is set up again."))
        return self._back()

    def form_valid(self, form: RoleForm) -> HttpResponse:
        try:
            team.change_role(user=self.member, role=form.cleaned_data["role"], by=self.request.user)
        except team.TeamError as error:
            form.add_error("role", str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("Saved."))
        return self._back()

    def _back(self) -> HttpResponse:
        return redirect("shell:member", pk=self.member.pk)
