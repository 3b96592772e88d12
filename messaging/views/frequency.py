"""How often people were written to lately, and the caps that the organisation sets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from contacts.enums import Channel
from messaging.frequency.figures import caps, received_lately
from messaging.models.frequency_cap import EVERY_CHANNEL
from messaging.services.frequency import MOST_PER_WEEK, set_frequency_cap

FIELDS = {"email": Channel.EMAIL.value, "sms": Channel.SMS.value, "all": EVERY_CHANNEL}
"""Fields of the form, and the channel that each caps."""


class CapsForm(forms.Form):
    """Messages a week, at most; an empty field sets no limit."""

    email = forms.IntegerField(
        label=gettext_lazy("E-mails"), required=False, min_value=1, max_value=MOST_PER_WEEK
    )
    sms = forms.IntegerField(label=gettext_lazy("SMS"), required=False, min_value=1, max_value=MOST_PER_WEEK)
    all = forms.IntegerField(
        label=gettext_lazy("All channels together"), required=False, min_value=1, max_value=MOST_PER_WEEK
    )


class Frequency(StaffView, TemplateView):
    """Figures of the last seven days for everybody who sees mailings; caps for whoever changes settings."""

    right_required = Right.VIEW_CAMPAIGNS
    right_to_write = Right.MANAGE_SETTINGS
    title = gettext_lazy("Contact frequency")
    subtitle = gettext_lazy("How often the same people are written to. Service messages are not counted.")
    template_name = "messaging/frequency.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        held = caps()
        kwargs.setdefault("form", CapsForm(initial={name: held.get(FIELDS[name]) for name in FIELDS}))
        return super().get_context_data(
            received=received_lately(),
            may_change=self.request.user.has_right(Right.MANAGE_SETTINGS),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        form = CapsForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        for name, channel in FIELDS.items():
            set_frequency_cap(channel=channel, per_week=form.cleaned_data[name], by=request.user)
        messages.success(request, _("Saved: messages that leave from now on keep to it."))
        return redirect("messaging:frequency")
