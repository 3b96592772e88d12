"""Before the first mailing: the opt-out file of the program that people come from, or that there is none."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.models import OptOutAnswer
from contacts.services.opt_out_question import opt_out_file_is_missing, say_there_is_none


class OptOutQuestion(StaffView, TemplateView):
    """Two answers: import the file, or say that there is none. Who said so, and when, is kept."""

    right_required = Right.VIEW_PEOPLE
    right_to_write = Right.IMPORT_PEOPLE
    title = gettext_lazy("Is there an opt-out file?")
    template_name = "contacts/suppressions/question.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Imports"), reverse("contacts:imports"))]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("sure") == "yes":
            say_there_is_none(by=request.user)
            messages.success(request, _("Your answer is kept: there is no opt-out file."))
        else:
            messages.error(request, _("Tick that you looked for one."))
        return redirect("contacts:opt_out_question")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            is_missing=opt_out_file_is_missing(),
            answer=OptOutAnswer.objects.select_related("said_by").order_by("-pk").first(),
            may_answer=self.request.user.has_right(Right.IMPORT_PEOPLE),
            **kwargs,
        )
