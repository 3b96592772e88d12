"""The rulebook: every rule with its source, and how it stands here."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.enums import Severity
from contacts.models import RuleChange
from contacts.rules.rule import Held, Rule
from contacts.rules.rulebook import RULEBOOKS, InForce, all_in_force, in_force
from contacts.services.rules import RuleChangeRefused, change_rule

HELD = {
    Held.AUDIENCE: gettext_lazy("When the audience is counted and frozen"),
    Held.HAND_OVER: gettext_lazy("For each message, at the last moment"),
    Held.PLAN: gettext_lazy("On the page before sending"),
    Held.CONTENT: gettext_lazy("In every message, put there by the program"),
    Held.BASE: gettext_lazy("In what is kept of people"),
}


class RuleForm(forms.Form):
    """How severe a rule is from now on, and why."""

    severity = forms.ChoiceField(
        label=gettext_lazy("When a message breaks it"), choices=Severity.choices, widget=forms.RadioSelect
    )
    figure = forms.IntegerField()
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        widget=forms.Textarea({"rows": 3}),
        max_length=2000,
        help_text=gettext_lazy("Kept with your name, and shown to whoever inspects this installation."),
    )

    def __init__(self, *args: Any, rule: Rule, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(one.value, one.label) for one in Severity if one in rule.severities]
        self.fields["severity"].choices = offered  # type: ignore[attr-defined]
        if rule.figure is None:
            del self.fields["figure"]
            return
        self.fields["figure"].label = rule.figure.label
        self.fields["figure"].widget.attrs |= {"min": rule.figure.least, "max": rule.figure.most}


class Rulebook(StaffView, TemplateView):
    right_required = Right.VIEW_COMPLIANCE
    title = gettext_lazy("Rules")
    subtitle = gettext_lazy("What the program asks of every message, by which law, and how it stands here.")
    template_name = "contacts/rules/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = all_in_force()
        groups = [(label, [one for one in found if one.rule.held == held]) for held, label in HELD.items()]
        return super().get_context_data(
            groups=[(label, standing) for label, standing in groups if standing],
            country=RULEBOOKS[settings.RULEBOOK][1],
            changed=sum(1 for one in found if one.severity != one.rule.default),
            may_edit=self.request.user.has_right(Right.CHANGE_RULES),
            **kwargs,
        )


class EditRule(StaffView, TemplateView):
    """One rule: what it asks, what changed of it, and the form that changes it."""

    right_required = Right.VIEW_COMPLIANCE
    right_to_write = Right.CHANGE_RULES
    template_name = "contacts/rules/edit.html"

    @cached_property
    def standing(self) -> InForce:
        found = in_force(self.kwargs["key"])
        if found is None:
            raise Http404
        return found

    def get_title(self) -> str:
        return str(self.standing.rule.question)

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Rules"), reverse("contacts:rules"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        initial = {"severity": self.standing.severity, "figure": self.standing.figure}
        return self._shown(RuleForm(rule=self.standing.rule, initial=initial))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = RuleForm(request.POST, rule=self.standing.rule)
        if not form.is_valid():
            return self._shown(form, status=422)
        told = form.cleaned_data
        try:
            change_rule(
                key=self.standing.rule.key,
                severity=Severity(told["severity"]),
                figure=told.get("figure"),
                reason=told["reason"],
                by=request.user,
            )
        except RuleChangeRefused as error:
            form.add_error(None, str(error))
            return self._shown(form, status=422)
        messages.success(request, _("Changed. It holds from now on, for what is being sent too."))
        return redirect("contacts:rules")

    def _shown(self, form: RuleForm, *, status: int = 200) -> HttpResponse:
        rule = self.standing.rule
        changes = RuleChange.objects.filter(rule=rule.key).order_by("-id").select_related("changed_by")
        may_edit = self.request.user.has_right(Right.CHANGE_RULES) and not rule.fixed
        context = self.get_context_data(
            form=form, standing=self.standing, held=HELD[rule.held], changes=changes[:50], may_edit=may_edit
        )
        return render(self.request, self.template_name, context, status=status)
