"""What comes back to a way out: its webhooks, its returns, the answers of people."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from messaging.forms.returns import HookForm, MailboxForm, ReturnDomainForm
from messaging.models import Mailbox, ProviderAccount, ProviderEvent
from messaging.providers.hooks import hook_kind
from messaging.returns.imap import check_mailbox
from messaging.services.returns import (
    choose_hook,
    is_proven,
    remove_mailbox,
    renew_hook_address,
    set_mailbox,
    set_return_domain,
)
from messaging.webhooks.address import hook_url
from messaging.webhooks.receiving import MAIL, last_refusal

RETURNS, REPLIES = Mailbox.Purpose.RETURNS.value, Mailbox.Purpose.REPLIES.value


class _OfAccount(StaffView):
    right_required = Right.MANAGE_SETTINGS

    @property
    def account(self) -> ProviderAccount:
        if not hasattr(self, "_found"):
            self._found = get_object_or_404(ProviderAccount, pk=self.kwargs["pk"])
        return self._found

    def page(self, forms: dict[str, Form] | None = None, status: int = 200) -> HttpResponse:
        """The page, with `forms` in place of those of its present state."""
        account = self.account
        mailboxes = {box.purpose: box for box in Mailbox.objects.filter(account=account)}
        shown: dict[str, Form] = {
            "hook": HookForm(account=account, auto_id="id_hook_%s"),
            "domain": ReturnDomainForm(initial={"return_domain": account.return_domain}),
            RETURNS: _mailbox_form(mailboxes.get(RETURNS), RETURNS),
            REPLIES: _mailbox_form(mailboxes.get(REPLIES), REPLIES),
        } | (forms or {})
        refusal = last_refusal(account.pk) if account.hook_kind else None
        context = {
            "account": account,
            "forms": shown,
            "mailboxes": mailboxes,
            "by_smtp": account.kind == ProviderAccount.Kind.SMTP,
            "kind": hook_kind(account.hook_kind) if account.hook_kind else None,
            "hook_url": hook_url(account),
            "is_proven": is_proven(account),
            "last_call": _last(account, mail=False),
            "unreadable": ProviderEvent.objects.filter(account=account, state="unreadable").count(),
            "refusal": {**refusal, "at": parse_datetime(refusal["at"])} if refusal else None,
        }
        return render(
            self.request, "messaging/provider_returns.html", self.get_context_data(**context), status=status
        )

    def get_title(self) -> str:
        return _("What comes back – %(account)s") % {"account": self.account.name}

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Ways out"), reverse("messaging:providers"))]


class AccountReturns(_OfAccount, TemplateView):
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page()


class SaveAccountReturns(_OfAccount, TemplateView):
    """One part of the page at a time; the others stay as they are."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Whoever loads the answer to a refused form again is shown the page."""
        return redirect("messaging:provider_returns", self.account.pk)

    def post(self, request: HttpRequest, pk: int, part: str) -> HttpResponse:
        acts = {
            "hook": self._hook,
            "address": self._address,
            "domain": self._domain,
            RETURNS: self._mailbox,
            REPLIES: self._mailbox,
        }
        if part not in acts:
            raise Http404
        refused = acts[part](part)
        if refused is not None:
            return self.page({part: refused}, status=422)
        return redirect("messaging:provider_returns", self.account.pk)

    def _hook(self, _part: str) -> Form | None:
        form = HookForm(self.request.POST, account=self.account, auto_id="id_hook_%s")
        if not form.is_valid():
            return form
        chosen = form.cleaned_data["hook_kind"]
        if chosen != self.account.hook_kind or form.kind is not None:
            choose_hook(
                account=self.account,
                kind=chosen,
                settings=form.settings(),
                secrets=form.secrets(),
                by=self.request.user,
            )
        messages.success(self.request, _("Saved."))
        return None

    def _address(self, _part: str) -> Form | None:
        try:
            renew_hook_address(account=self.account, by=self.request.user)
        except ValidationError as error:
            messages.error(self.request, " ".join(error.messages))
        else:
            messages.success(self.request, _("There is another address. Give it to the provider."))
        return None

    def _domain(self, _part: str) -> Form | None:
        form = ReturnDomainForm(self.request.POST)
        if not form.is_valid():
            return form
        try:
            domain = form.cleaned_data["return_domain"].strip().strip("@")
            set_return_domain(account=self.account, domain=domain, by=self.request.user)
        except ValidationError as error:
            form.add_error("return_domain", error.messages)
            return form
        messages.success(self.request, _("Saved."))
        return None

    def _mailbox(self, part: str) -> Form | None:
        if "remove" in self.request.POST:
            if remove_mailbox(account=self.account, purpose=part, by=self.request.user):
                messages.success(
                    self.request, _("The mailbox is read no more, and its password is forgotten.")
                )
            return None
        mailbox = Mailbox.objects.filter(account=self.account, purpose=part).first()
        form = _mailbox_form(mailbox, part, self.request.POST)
        if not form.is_valid():
            return form
        try:
            saved = set_mailbox(
                account=self.account,
                purpose=part,
                secrets=form.secrets(),
                by=self.request.user,
                **form.settings(),
            )
        except ValidationError as error:
            form.add_error(None, error)
            return form
        finding = check_mailbox(saved)
        tell = messages.success if finding.level == "ok" else messages.warning
        tell(self.request, _("Saved. %(finding)s") % {"finding": _(str(finding.text))})
        return None


def _mailbox_form(mailbox: Mailbox | None, purpose: str, data: Any = None) -> MailboxForm:
    return MailboxForm(data, mailbox=mailbox, auto_id=f"id_{purpose}_%s")


def _last(account: ProviderAccount, *, mail: bool) -> ProviderEvent | None:
    found = ProviderEvent.objects.filter(account=account).defer("body")
    found = found.filter(form=MAIL) if mail else found.exclude(form=MAIL)
    return found.order_by("-received_at").first()
