"""What is asked before a mailing leaves: an approval, a number typed out, time to cancel."""

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
from messaging.models import SendingRule
from messaging.models.approval import LONGEST_WINDOW
from messaging.services.approvals import set_sending_rule

MOST_RECIPIENTS = 100_000_000


class RulesForm(forms.Form):
    approval_above = forms.IntegerField(
        label=gettext_lazy("Approval by a second person above so many recipients"),
        required=False,
        min_value=0,
        max_value=MOST_RECIPIENTS,
        help_text=gettext_lazy("0: every mailing. Empty: never. Whoever edits afterwards asks again."),
    )
    window_seconds = forms.IntegerField(
        label=gettext_lazy("Seconds to cancel before the first message"),
        min_value=0,
        max_value=LONGEST_WINDOW,
        help_text=gettext_lazy(
            "Recipients are prepared meanwhile. Ten minutes where nobody else could approve."
        ),
    )
    typed_above = forms.IntegerField(
        label=gettext_lazy("The number of recipients is typed out from"),
        min_value=1,
        max_value=MOST_RECIPIENTS,
    )


class SendingRules(StaffView, TemplateView):
    """The rules for everybody who sees mailings; changed by whoever changes settings."""

    right_required = Right.VIEW_CAMPAIGNS
    right_to_write = Right.MANAGE_SETTINGS
    title = gettext_lazy("Before sending")
    subtitle = gettext_lazy("What is asked before a mailing leaves.")
    template_name = "messaging/sending_rules.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rule = SendingRule.current()
        kwargs.setdefault(
            "form", RulesForm(initial={name: getattr(rule, name) for name in RulesForm.base_fields})
        )
        may_change = self.request.user.has_right(Right.MANAGE_SETTINGS)
        return super().get_context_data(may_change=may_change, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = RulesForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        set_sending_rule(by=request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("messaging:sending_rules")
