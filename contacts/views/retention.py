"""How long data stays: what would go tonight, the rules, and the certificates of what went."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from campaign_crm.platform.database import acting_as
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.enums import Relationship, RetentionRuleName, SourceKind
from contacts.models import Contact, Purge, PurgeCertificate, RetentionRule, Source, StationAggregate
from contacts.retention.aggregates import ages_words, sex_words, stations_csv
from contacts.retention.due import is_stale
from contacts.retention.rehearsal import enqueue_look, first_people
from contacts.retention.rules import RuleRefused, change_rule, days_after, exceptions, remove_exception
from contacts.retention.words import how_long, terms_words, whom

SHOWN = 20
STATIONS_A_PAGE = 100
LAST = 50
ROWS_AT_A_TIME = 2_000
CHANGEABLE = {"roll": RetentionRuleName.ROLL, "last-sign": RetentionRuleName.LAST_SIGN}


class Retention(StaffView, TemplateView):
    """What goes next and by which rule; a POST has it counted again."""

    right_required = Right.VIEW_COMPLIANCE
    right_to_write = Right.CHANGE_RULES
    title = gettext_lazy("How long data stays")
    subtitle = gettext_lazy("Nothing goes that was not announced here; whatever went has its certificate.")
    template_name = "contacts/retention/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = timezone.localdate()
        ahead = Purge.objects.ahead().select_related("source").order_by("due_on", "pk")
        done = Purge.objects.filter(state__in=[Purge.State.DONE, Purge.State.STALE])
        terms = exceptions()
        own = {(row.kind, row.relationship): row.pk for row in RetentionRule.objects.filter(rule="last_sign")}
        return super().get_context_data(
            tonight=[purge for purge in ahead if purge.due_on <= today],
            later=[purge for purge in ahead if purge.due_on > today],
            past=done.select_related("source", "certificate").order_by("-ended_at")[:LAST],
            roll=how_long(RetentionRuleName.ROLL, days_after(RetentionRuleName.ROLL)),
            rental=how_long(RetentionRuleName.RENTAL, 0),
            last_sign=how_long(RetentionRuleName.LAST_SIGN, terms[0].months),
            exceptions=[
                (
                    whom(term),
                    how_long(RetentionRuleName.LAST_SIGN, term.months),
                    own.get((term.kind, term.relationship)),
                )
                for term in terms[1:]
            ],
            endless=Source.objects.filter(kind=SourceKind.ROLL, elections=None).order_by("name"),
            may_change=self.request.user.has_right(Right.CHANGE_RULES),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        enqueue_look(by=request.user)
        messages.success(request, _("It is being counted: look again in a minute."))
        return redirect("contacts:retention")


class PurgePage(StaffView, TemplateView):
    """One purge: what it takes, by which rule, and the first people of it."""

    right_required = Right.VIEW_COMPLIANCE
    template_name = "contacts/retention/purge.html"

    @cached_property
    def purge(self) -> Purge:
        return get_object_or_404(Purge.objects.select_related("source", "job"), pk=self.kwargs["pk"])

    def get_title(self) -> str:
        return str(self.purge.source or self.purge.get_rule_display())

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("How long data stays"), reverse("contacts:retention"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        people: list[Contact] = []
        if self.purge.state == Purge.State.ANNOUNCED and self.request.user.has_right(Right.VIEW_PEOPLE):
            found = Contact.objects.in_bulk(first_people(self.purge, SHOWN))
            people = [found[pk] for pk in sorted(found)]
        return super().get_context_data(
            purge=self.purge,
            people=people,
            rule=terms_words(self.purge.rule, self.purge.terms),
            is_stale=self.purge.state == Purge.State.ANNOUNCED and is_stale(self.purge),
            certificate=PurgeCertificate.objects.filter(purge=self.purge).first(),
            has_figures=StationAggregate.objects.filter(purge=self.purge).exists(),
            **kwargs,
        )


class RuleForm(forms.Form):
    """Another time for a rule, or an exception to the last sign of life."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of source"),
        required=False,
        choices=[("", gettext_lazy("Any")), *SourceKind.choices],
    )
    relationship = forms.ChoiceField(
        label=gettext_lazy("Relationship"),
        required=False,
        choices=[("", gettext_lazy("Any")), *Relationship.choices],
    )
    stays = forms.BooleanField(label=gettext_lazy("They stay: nothing goes by itself"), required=False)
    amount = forms.IntegerField(label=gettext_lazy("How long"), required=False, min_value=0, max_value=32000)
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=500,
        help_text=gettext_lazy("Kept in the journal with your name. What was announced is counted anew."),
    )

    def __init__(self, *args: Any, rule: RetentionRuleName, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if rule != RetentionRuleName.LAST_SIGN:
            del self.fields["kind"], self.fields["relationship"]
            self.fields["amount"].help_text = _("Days after the last vote.")
        else:
            self.fields["amount"].help_text = _("Months after the last sign of life.")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not values.get("stays") and values.get("amount") is None and "amount" not in self.errors:
            self.add_error("amount", _("Write how long, or choose that they stay."))
        return values


class ChangeRule(StaffView, TemplateView):
    """Change how long, with a reason."""

    right_required = Right.CHANGE_RULES
    template_name = "contacts/retention/rule.html"

    @cached_property
    def rule(self) -> RetentionRuleName:
        asked = CHANGEABLE.get(self.kwargs["rule"])
        if asked is None:
            raise Http404
        return asked

    def get_title(self) -> str:
        return str(self.rule.label)

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("How long data stays"), reverse("contacts:retention"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        initial = {} if self.rule == RetentionRuleName.LAST_SIGN else {"amount": days_after(self.rule)}
        return self._page(RuleForm(rule=self.rule, initial=initial))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = RuleForm(request.POST, rule=self.rule)
        if not form.is_valid():
            return self._page(form, status=422)
        values = form.cleaned_data
        try:
            change_rule(
                rule=self.rule,
                amount=None if values["stays"] else values["amount"],
                kind=values.get("kind", ""),
                relationship=values.get("relationship", ""),
                reason=values["reason"],
                by=request.user,
            )
        except RuleRefused as error:
            form.add_error(None, str(error))
            return self._page(form, status=422)
        messages.success(request, _("Saved. What was announced by the old rule will be counted anew."))
        return redirect("contacts:retention")

    def _page(self, form: RuleForm, status: int = 200) -> HttpResponse:
        return render(self.request, self.template_name, self.get_context_data(form=form), status=status)


class RemoveException(StaffView, View):
    right_required = Right.CHANGE_RULES

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        exception = get_object_or_404(RetentionRule, pk=pk, rule=RetentionRuleName.LAST_SIGN)
        try:
            remove_exception(
                exception=exception, reason=request.POST.get("reason", "")[:500], by=request.user
            )
        except RuleRefused as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The exception is gone: the rule holds."))
        return redirect("contacts:retention")


class StationFigures(StaffView, TemplateView):
    """What stays of a roll: electors by polling station, age and sex; `?format=csv` is the same as a file."""

    right_required = Right.VIEW_COMPLIANCE
    title = gettext_lazy("Electors by polling station")
    subtitle = gettext_lazy("Frozen before the roll went: no figure is of fewer than ten people.")
    template_name = "contacts/retention/stations.html"

    @cached_property
    def purge(self) -> Purge:
        return get_object_or_404(Purge.objects.select_related("source"), pk=self.kwargs["pk"], rule="roll")

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [
            (_("How long data stays"), reverse("contacts:retention")),
            (str(self.purge.source), reverse("contacts:purge", args=[self.purge.pk])),
        ]

    def rows(self) -> Any:
        found = StationAggregate.objects.filter(purge=self.purge).select_related("commune", "polling_station")
        return found.order_by("commune__code", "polling_station__code", "sex", "age_from", "pk")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.GET.get("format") != "csv":
            return super().get(request, *args, **kwargs)
        answer = StreamingHttpResponse(self._lines(), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="stations-{self.purge.pk}.csv"'
        return answer

    def _lines(self) -> Any:
        with acting_as("crm_national"):  # read once the request has ended, in a transaction of its own
            yield from stations_csv(self.rows().iterator(chunk_size=ROWS_AT_A_TIME))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = Paginator(self.rows(), STATIONS_A_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            page=page,
            rows=[(row, sex_words(row), ages_words(row)) for row in page],
            **kwargs,
        )
