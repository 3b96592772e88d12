"""Who messages come from, and the ways out by which they leave."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
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
from messaging.dispatch.ways_out import service_sender
from messaging.errors import MessagingError
from messaging.forms.senders import AccountForm, SenderForm
from messaging.models import ProviderAccount, SenderIdentity
from messaging.providers import registry
from messaging.providers.errors import SettingsInvalid
from messaging.services.senders import (
    create_account,
    create_sender,
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
        return self._page(SenderForm(sender=self._sender()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        sender = self._sender()
        form = SenderForm(request.POST, sender=sender)
        if form.is_valid():
            values = dict(form.cleaned_data)
            address = values.pop("address")
            try:
                if sender is None:
                    create_sender(by=request.user, address=address, **values)
                else:
                    update_sender(sender=sender, by=request.user, **values)
            except ValidationError as error:
                form.add_error(None, error.messages)
            except (ContactsError, MessagingError) as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("Saved."))
                return redirect("messaging:senders")
        return self._page(form, status=422)

    def _page(self, form: SenderForm, status: int = 200) -> HttpResponse:
        context = self.get_context_data(form=form, sender=self._sender())
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
                return redirect(f"{reverse('messaging:providers')}?saved={account.pk}")
        return self._page(form, status=422)

    def _save(self, form: AccountForm) -> ProviderAccount:
        account, user = self._account(), self.request.user
        values: dict[str, Any] = {
            "name": form.cleaned_data["name"],
            "settings": form.settings(),
            "messages_per_second": form.cleaned_data["messages_per_second"],
            "is_active": form.cleaned_data["is_active"],
            "credentials": form.credentials(),
        }
        if account is None:
            return create_account(by=user, kind=self.kind, **values)
        return update_account(account=account, by=user, **values)

    def _page(self, form: AccountForm, status: int = 200) -> HttpResponse:
        context = self.get_context_data(
            form=form, account=self._account(), kind=self.kind, kinds=ProviderAccount.Kind.choices
        )
        return render(self.request, self.template_name, context, status=status)

    def _account(self) -> ProviderAccount | None:
        if "pk" not in self.kwargs:
            return None
        if not hasattr(self, "_found"):
            self._found = get_object_or_404(ProviderAccount, pk=self.kwargs["pk"])
        return self._found
