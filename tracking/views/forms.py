"""Staff pages about forms: the list, a new one, its answers, its settings."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import TemplateView

from campaign_crm.platform.caching import remembered
from campaign_crm.platform.rights import Right
from campaign_crm.platform.spreadsheets import neutralised
from campaign_crm.platform.staff import Breadcrumb, StaffView
from tracking import form_figures
from tracking.enums import FormKind, SubmissionState
from tracking.errors import TrackingError
from tracking.forms.editing import FormSettings, NewForm
from tracking.models import Form, Submission
from tracking.services.forms import duplicate_form, start_form, update_form
from tracking.views.form_builder import OfForm

ANSWERS_SHOWN = 50
COUNTED_SECONDS = 60  # a count of every submission: a minute old at most
NO_ANSWERS = {"answers": 0, "confirmed": 0, "waiting": 0, "last": None}
KIND_ICONS = {
    FormKind.SIGN_UP: ("user-plus", gettext_lazy("People sign up and choose what they receive.")),
    FormKind.VOLUNTEER: ("hand-heart", gettext_lazy("Skills and free hours, kept as tags and fields.")),
    FormKind.PETITION: ("signature", gettext_lazy("A counter, a goal, and names of those who agree.")),
    FormKind.SURVEY: ("list-checks", gettext_lazy("Questions whose answers are counted.")),
    FormKind.CONTACT: ("message-square-text", gettext_lazy("Somebody writes to the team.")),
    FormKind.WRONG_DATA: ("badge-alert", gettext_lazy("Somebody says what is wrong in our base.")),
}


class FormList(StaffView, TemplateView):
    """Every form, newest first, with its answers counted; who only reads sees the list."""

    right_required = Right.VIEW_CAMPAIGNS
    title = gettext_lazy("Forms")
    subtitle = gettext_lazy("Pages where people sign up, sign, answer and write to us.")
    template_name = "tracking/forms/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        answers = remembered("answers-by-form", seconds=COUNTED_SECONDS, compute=_count_answers)
        found = Form.objects.select_related("published").order_by("-created_at")
        forms = [(form, answers.get(form.pk, NO_ANSWERS)) for form in found]
        waiting = sum(counted["waiting"] for _form, counted in forms)
        may_edit = self.request.user.has_right(Right.EDIT_FORMS)
        return super().get_context_data(forms=forms, waiting=waiting, may_edit=may_edit, **kwargs)


def _count_answers() -> dict[int, dict[str, Any]]:
    """Accepted answers, those that count, those that wait and the last, by form: reads every submission."""
    accepted = Q(state=SubmissionState.ACCEPTED)
    counts = Q(confirmed_at__isnull=False) | Q(counted_at__isnull=False)
    counted = Submission.objects.values("form").annotate(
        answers=Count("id", filter=accepted),
        confirmed=Count("id", filter=accepted & counts),
        waiting=Count("id", filter=Q(state=SubmissionState.WAITING)),
        last=Max("at", filter=accepted),
    )
    return {row.pop("form"): row for row in counted}


class CreateForm(StaffView, TemplateView):
    """What is it for? The rest is the builder's."""

    right_required = Right.EDIT_FORMS
    title = gettext_lazy("New form")
    template_name = "tracking/forms/new.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Forms"), reverse("tracking:forms"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = kwargs.pop("asked", None) or NewForm(initial={"language": get_language() or "fr"})
        kinds = [(kind, *KIND_ICONS[kind]) for kind in FormKind]
        return super().get_context_data(asked=asked, kinds=kinds, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = NewForm(request.POST)
        if not asked.is_valid():
            return render(request, self.template_name, self.get_context_data(asked=asked), status=422)
        chosen = asked.cleaned_data
        form = start_form(
            kind=FormKind(chosen["kind"]), title=chosen["title"], language=chosen["language"], by=request.user
        )
        return redirect("tracking:form_edit", pk=form.pk)


class DuplicateForm(OfForm, View):
    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        copy = duplicate_form(form=self.form_shown, by=request.user)
        return redirect("tracking:form_edit", pk=copy.pk)


class FormPage(OfForm, TemplateView):
    """The answers of one form: how many, since when, from where, what was said."""

    template_name = "tracking/forms/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = self.form_shown
        report = form_figures.report_of(form, get_language() or "fr")
        last = form.submissions.filter(state=SubmissionState.ACCEPTED).select_related("contact")
        if self.request.GET.get("show") == "unconfirmed":
            last = last.filter(confirmed_at=None, counted_at=None, address_hash__isnull=False)
        return super().get_context_data(
            form=form,
            step="report",
            report=report,
            points=[(date_format(day, "j M"), count) for day, count in report.days],
            submissions=last.order_by("-at")[:ANSWERS_SHOWN],
            shows_unconfirmed=self.request.GET.get("show") == "unconfirmed",
            may_export=self.request.user.has_right(Right.EXPORT_PEOPLE),
            **kwargs,
        )


class FormFigures(OfForm, View):
    """The counts of every question as CSV: numbers, nobody's answers."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form_shown
        written = io.StringIO()
        rows = csv.writer(written)
        rows.writerow([_("Question"), _("Answer"), _("People")])
        for question in form_figures.questions_of(form, form.content, get_language() or "fr"):
            for line in question.lines:
                rows.writerow([neutralised(question.label), neutralised(str(line.label)), line.count])
        answer = HttpResponse("\ufeff" + written.getvalue(), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{form.slug}.csv"'
        return answer


class EditSettings(OfForm, TemplateView):
    """What happens with the answers, and until when."""

    template_name = "tracking/forms/settings.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        editor = kwargs.pop("editor", None) or FormSettings(instance=self.form_shown)
        return super().get_context_data(form=self.form_shown, editor=editor, step="settings", **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        editor = FormSettings(request.POST, instance=Form.objects.get(pk=self.form_shown.pk))
        if editor.is_valid():
            try:
                newsletters = list(editor.cleaned_data["newsletters"])
                update_form(form=self.form_shown, by=request.user, newsletters=newsletters, **editor.chosen())
            except TrackingError as error:
                editor.add_error(None, str(error))
            else:
                messages.success(request, _("Saved."))
                return redirect("tracking:form_settings", pk=kwargs["pk"])
        return render(request, self.template_name, self.get_context_data(editor=editor), status=422)
