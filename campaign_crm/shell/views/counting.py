"""Does this installation count opens and clicks at all?"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView

from campaign_crm.platform.models import Organisation
from campaign_crm.platform.rights import Right
from campaign_crm.platform.services.organisation import switch_counting
from campaign_crm.platform.staff import StaffView
from campaign_crm.shell.forms import CountingForm


class Counting(StaffView, FormView):
    """What is counted, what is left without it, and the switch."""

    right_required = Right.MANAGE_SETTINGS
    title = gettext_lazy("Opens and clicks")
    form_class = CountingForm
    template_name = "crm/counting.html"
    success_url = reverse_lazy("shell:counting")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "is_on": Organisation.current().counting_enabled}

    def form_valid(self, form: CountingForm) -> HttpResponse:
        # What the page showed decides, not what is so by now: a second click never undoes the first.
        on = form.cleaned_data["turn"] == "on"
        switch_counting(on=on, reason=form.cleaned_data["reason"], by=self.request.user)
        said = _("Opens and clicks are counted.") if on else _("Opens and clicks are no longer counted.")
        messages.success(self.request, said)
        return super().form_valid(form)
