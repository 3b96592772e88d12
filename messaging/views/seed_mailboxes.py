"""Test mailboxes: the list, and what the team does with it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from contacts.services.addresses import InvalidAddress
from messaging.models import SeedMailbox
from messaging.services.seed_mailboxes import CannotAdd, add_seed_mailbox, ask_again, remove_seed_mailbox


class SeedForm(forms.Form):
    address = forms.EmailField(label=gettext_lazy("Address"), max_length=254)
    label = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("For example the provider: Gmail, Orange, Outlook."),
    )


class SeedMailboxes(StaffView, TemplateView):
    """For everybody who sees mailings; changed by whoever changes settings."""

    right_required = Right.VIEW_CAMPAIGNS
    right_to_write = Right.MANAGE_SETTINGS
    title = gettext_lazy("Test mailboxes")
    subtitle = gettext_lazy("Mailboxes besides the team’s that take tests of mailings.")
    template_name = "messaging/seed_mailboxes.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", SeedForm())
        return super().get_context_data(
            seeds=SeedMailbox.objects.select_related("added_by").order_by("address"),
            may_change=self.request.user.has_right(Right.MANAGE_SETTINGS),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        if pk := request.POST.get("again") or request.POST.get("remove"):
            return self._change(request, pk)
        form = SeedForm(request.POST)
        if form.is_valid():
            try:
                seed = add_seed_mailbox(by=request.user, **form.cleaned_data)
            except (CannotAdd, InvalidAddress) as error:
                form.add_error("address", str(error))
            else:
                text = _("%(address)s was asked: it takes tests once somebody there has agreed.")
                messages.success(request, text % {"address": seed.address})
                return redirect("messaging:seed_mailboxes")
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def _change(self, request: HttpRequest, pk: str) -> HttpResponse:
        seed = get_object_or_404(SeedMailbox, pk=int(pk) if pk.isdecimal() and len(pk) < 10 else 0)
        try:
            if "remove" in request.POST:
                remove_seed_mailbox(seed=seed, by=request.user)
                messages.success(request, _("%(address)s takes no tests any more.") % {"address": seed})
            else:
                ask_again(seed=seed, by=request.user)
                messages.success(request, _("%(address)s was asked again.") % {"address": seed})
        except CannotAdd as error:
            messages.error(request, str(error))
        return redirect("messaging:seed_mailboxes")
