"""May messages leave this installation? Off after a restore, until an administrator has looked."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.generic import FormView

from campaign_crm.platform.models import Organisation
from campaign_crm.platform.rights import Right
from campaign_crm.platform.services.organisation import switch_sending
from campaign_crm.platform.staff import StaffView
from campaign_crm.shell.forms import SendingForm
from messaging.models import Campaign

MOST_SHOWN = 20  # mailings


class Sending(StaffView, FormView):
    """Whether anything is sent, what would leave at once, and the switch."""

    right_required = Right.MANAGE_SETTINGS
    title = pgettext_lazy("menu", "Sending")
    form_class = SendingForm
    template_name = "crm/sending.html"
    success_url = reverse_lazy("shell:sending")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "is_on": Organisation.current().sending_enabled}

    def form_valid(self, form: SendingForm) -> HttpResponse:
        # What the page showed decides, not what is so by now: a second click never undoes the first.
        on = form.cleaned_data["turn"] == "on"
        switch_sending(on=on, reason=form.cleaned_data["reason"], by=self.request.user)
        messages.success(self.request, _("Sending is on.") if on else _("Sending is off: nothing leaves."))
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        leaving = Campaign.objects.leaving_by_themselves().order_by("scheduled_at", "pk")
        return super().get_context_data(leaving=leaving[:MOST_SHOWN], leaving_count=leaving.count(), **kwargs)
