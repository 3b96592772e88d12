"""Who messages come from, and the ways out by which they leave."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.errors import ContactsError
from messaging.dispatch.warm_up import progress_of
from messaging.dispatch.ways_out import service_sender
from messaging.errors import MessagingError
from messaging.forms.routes import LimitsForm, MailboxLimitsForm, route_forms
from messaging.forms.senders import AccountForm, SenderForm
from messaging.models import ProviderAccount, SenderIdentity
from messaging.providers import registry
from messaging.providers.errors import SettingsInvalid
from messaging.services.mailboxes import set_family_limit
from messaging.services.senders import (
    create_account,
    create_sender,
    set_routes,
    update_account,
    update_sender,
)


class SenderList(StaffView, TemplateView):
    """Every sender, with its way out."""

    right_required = Right.VIEW_CAMPAIGNS
    title = gettext_lazy("Senders")
    subtitle = gettext_lazy("The names and addresses that readers see.")
    template_name = "messaging/senders.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = SenderIdentity.objects.select_related("provider_account", "territory")
        return super().get_context_data(
            senders=found.order_by("-is_active", "from_name", "pk"),
            service_sender=service_sender(),
            has_account=ProviderAccount.objects.exists(),
            may_manage=self.request.user.has_right(Right.MANAGE_SETTINGS),
            **kwargs,
        )


class EditSender(StaffView, TemplateView):
    """Make a sender, or change one."""

    right_required = Right.MANAGE_SETTINGS
    template_name = "messaging/sender_edit.html"

    def get_title(self) -> str:
        sender = self._sender()
        return sender.from_name if sender else _("New sender")

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Senders"), reverse("messaging:senders"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self._sender() is None and not ProviderAccount.objects.exists():
            messages.warning(request, _("A sender needs a way out first: make one here."))
            return redirect("messaging:provider_new")
        sender = self._sender()
        return self._page(SenderForm(sender=sender), LimitsForm(sender=sender), route_forms(sender))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        sender = self._sender()
        form = SenderForm(request.POST, sender=sender)
        limits, routes = LimitsForm(request.POST, sender=sender), route_forms(sender, request.POST)
        if all([form.is_valid(), limits.is_valid(), routes.is_valid() or not routes.is_bound]):
            try:
                self._save(form.cleaned_data | limits.cleaned_data, routes)
            except ValidationError as error:
                form.add_error(None, error.messages)
            except (ContactsError, MessagingError) as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("Saved."))
                return redirect("messaging:senders")
        return self._page(form, limits, routes, status=422)

    @transaction.atomic
    def _save(self, values: dict[str, Any], routes: Any) -> None:
        sender, user, address = self._sender(), self.request.user, values.pop("address")
        wanted = (
            [route for line in routes if (route := line.route()) is not None] if routes.is_bound else None
        )
        if sender is None:
            sender = create_sender(by=user, address=address, **values)
            set_routes(sender=sender, routes=wanted or [], by=user)
            return
        if wanted is not None:
            sender.provider_account = values["provider_account"]  # the others are beside the new main one
            set_routes(sender=sender, routes=wanted, by=user)
            sender.refresh_from_db()
        update_sender(sender=sender, by=user, **values)

    def _page(self, form: SenderForm, limits: LimitsForm, routes: Any, status: int = 200) -> HttpResponse:
        sender = self._sender()
        context = self.get_context_data(
            form=form,
            limits=limits,
            routes=routes,
            sender=sender,
            warm_up=list(progress_of(sender).values()) if sender is not None else [],
            routes_open=routes.total_error_count() or (sender is not None and sender.routes.exists()),
            limits_open=bool(limits.errors)
            or (
                sender is not None and any([sender.messages_per_second, sender.per_day, sender.warm_up_from])
            ),
        )
        return render(self.request, self.template_name, context, status=status)

    def _sender(self) -> SenderIdentity | None:
        if "pk" not in self.kwargs:
            return None
        if not hasattr(self, "_found"):
            self._found = get_object_or_404(SenderIdentity, pk=self.kwargs["pk"])
        return self._found


class AccountList(StaffView, TemplateView):
    """Ways out: servers and providers by which messages leave."""

    right_required = Right.MANAGE_SETTINGS
    title = gettext_lazy("Ways out")
    subtitle = gettext_lazy("The servers and providers by which your messages leave.")
    template_name = "messaging/providers.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = ProviderAccount.objects.annotate(sender_count=Count("senders"))
        return super().get_context_data(accounts=found.order_by("-is_active", "name"), **kwargs)


class EditAccount(StaffView, TemplateView):
    """Make a way out, or change one."""

    right_required = Right.MANAGE_SETTINGS
    template_name = "messaging/provider_edit.html"

    @property
    def kind(self) -> str:
        """The account's; of a new one, what was chosen (`?kind=`), SMTP at first."""
        account = self._account()
        if account is not None:
            return account.kind
        chosen = self.request.GET.get("kind", "")
        return chosen if chosen in registry.names() else ProviderAccount.Kind.SMTP.value

    def get_title(self) -> str:
        account = self._account()
        return account.name if account else _("New way out")

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Ways out"), reverse("messaging:providers"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(AccountForm(kind=self.kind, account=self._account()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = AccountForm(request.POST, kind=self.kind, account=self._account())
        if form.is_valid():
            try:
                account = self._save(form)
            except SettingsInvalid as error:
                form.tell(error.problems)
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                messages.success(request, _("Saved. Check it now."))
                onward = reverse("messaging:providers")
                return redirect(f"{onward}?saved={account.pk}")  # nosemgrep - a number
        return self._page(form, status=422)

    def _save(self, form: AccountForm) -> ProviderAccount:
        account, user = self._account(), self.request.user
        values: dict[str, Any] = {
            "name": form.cleaned_data["name"],
            "settings": form.settings(),
            "messages_per_second": form.cleaned_data["messages_per_second"],
            **{name: form.cleaned_data[name] for name in ("per_hour", "per_day", "warm_up_from")},
            "is_active": form.cleaned_data["is_active"],
            "credentials": form.credentials(),
        }
        if account is None:
            return create_account(by=user, kind=self.kind, **values)
        return update_account(account=account, by=user, **values)

    def _page(self, form: AccountForm, status: int = 200) -> HttpResponse:
        account = self._account()
        context = self.get_context_data(
            form=form,
            account=account,
            kind=self.kind,
            kinds=ProviderAccount.Kind.choices,
            warm_up=list(progress_of(account).values()) if account is not None else [],
        )
        return render(self.request, self.template_name, context, status=status)

    def _account(self) -> ProviderAccount | None:
        if "pk" not in self.kwargs:
            return None
        if not hasattr(self, "_found"):
            self._found = get_object_or_404(ProviderAccount, pk=self.kwargs["pk"])
        return self._found


class MailboxLimits(StaffView, TemplateView):
    """How many messages a minute leave to each family of mailboxes."""

    right_required = Right.MANAGE_SETTINGS
    title = gettext_lazy("Receiving mailboxes")
    subtitle = gettext_lazy("How many messages a minute leave to each, from all your mailings together.")
    template_name = "messaging/mailbox_limits.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Ways out"), reverse("messaging:providers"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", MailboxLimitsForm())
        return super().get_context_data(**kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = MailboxLimitsForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        for family, per_minute in form.cleaned_data.items():
            set_family_limit(family=family, per_minute=per_minute, by=request.user)
        messages.success(request, _("Saved: messages that leave from now on keep to it."))
        return redirect("messaging:mailbox_limits")
