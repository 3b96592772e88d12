"""Staff pages about forms: the list, one form with its answers, the editor."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.caching import remembered
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from tracking.errors import TrackingError
from tracking.forms.editing import FormEditor
from tracking.models import Form, Submission
from tracking.services.forms import create_form, update_form

ANSWERS_SHOWN = 50
COUNTED_SECONDS = 60  # a count of every submission: a minute old at most
NO_ANSWERS = {"answers": 0, "confirmed": 0, "last": None}


class FormList(StaffView, TemplateView):
    """Every form, newest first, with its answers counted; who only reads sees the list."""

    right_required = Right.VIEW_CAMPAIGNS
    title = gettext_lazy("Forms")
    subtitle = gettext_lazy("Pages where people sign up and say what they agree to.")
    template_name = "tracking/forms/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        answers = remembered("answers-by-form", seconds=COUNTED_SECONDS, compute=_count_answers)
        forms = [(form, answers.get(form.pk, NO_ANSWERS)) for form in Form.objects.order_by("-created_at")]
        may_edit = self.request.user.has_right(Right.EDIT_FORMS)
        return super().get_context_data(forms=forms, may_edit=may_edit, **kwargs)


def _count_answers() -> dict[int, dict[str, Any]]:
    """Answers, confirmed ones and the last, by form: reads every submission."""
    counted = Submission.objects.values("form").annotate(
        answers=Count("id"), confirmed=Count("id", filter=Q(confirmed_at__isnull=False)), last=Max("at")
    )
    return {row.pop("form"): row for row in counted}


class FormPage(StaffView, TemplateView):
    """One form: its public address, how it does, its last answers."""

    right_required = Right.EDIT_FORMS
    template_name = "tracking/forms/page.html"

    def get_title(self) -> str:
        return self._form().title

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Forms"), reverse("tracking:forms"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = self._form()
        totals = remembered(
            f"answers-of-form-{form.pk}",
            seconds=COUNTED_SECONDS,
            compute=lambda: form.submissions.aggregate(
                answers=Count("id"), confirmed=Count("id", filter=Q(confirmed_at__isnull=False))
            ),
        )
        return super().get_context_data(
            form=form,
            public_url=f"{settings.PUBLIC_URL}{reverse('tracking:sign_up', args=[form.slug])}",
            submissions=form.submissions.select_related("contact").order_by("-at")[:ANSWERS_SHOWN],
            **totals,
            **kwargs,
        )

    def _form(self) -> Form:
        if not hasattr(self, "_found"):
            self._found = get_object_or_404(Form, pk=self.kwargs["pk"])
        return self._found


class EditForm(StaffView, TemplateView):
    """Make a form, or change one."""

    right_required = Right.EDIT_FORMS
    template_name = "tracking/forms/edit.html"

    def get_title(self) -> str:
        return self._form().title if "pk" in self.kwargs else _("New form")

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Forms"), reverse("tracking:forms"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(FormEditor(instance=self._form()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self._form()
        editor = FormEditor(request.POST, instance=Form.objects.filter(pk=form.pk).first())
        if not editor.is_valid():
            return self._page(editor, status=422)
        is_new = form.pk is None
        try:
            form = self._save(form, editor)
        except TrackingError as error:
            editor.add_error(None, str(error))
            return self._page(editor, status=422)
        messages.success(request, _("The form is ready: share its address.") if is_new else _("Saved."))
        return redirect("tracking:form", pk=form.pk)

    def _save(self, form: Form, editor: FormEditor) -> Form:
        newsletters = list(editor.cleaned_data["newsletters"])
        if form.pk is None:
            return create_form(by=self.request.user, newsletters=newsletters, **editor.chosen())
        update_form(form=form, by=self.request.user, newsletters=newsletters, **editor.chosen())
        return form

    def _page(self, editor: FormEditor, status: int = 200) -> HttpResponse:
        context = self.get_context_data(editor=editor, form_pk=self.kwargs.get("pk"))
        return render(self.request, self.template_name, context, status=status)

    def _form(self) -> Form:
        if "pk" not in self.kwargs:
            return Form()
        return get_object_or_404(Form, pk=self.kwargs["pk"])
