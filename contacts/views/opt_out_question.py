"""Before a mailing: the opt-out file of the programs that people come from, or that there is none."""

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
from contacts.models import Import
from contacts.services.opt_out_question import (
    AnswerRefused,
    answers_that_count,
    opt_out_files,
    say_who_said_no,
    sources_to_ask,
)

FILES_SHOWN, ANSWERS_SHOWN = 50, 100


class OptOutQuestion(StaffView, TemplateView):
    """Of each source: the file that holds who said no, or that there is none. Who said so is kept."""

    right_required = Right.VIEW_PEOPLE
    right_to_write = Right.IMPORT_PEOPLE
    title = gettext_lazy("Is there an opt-out file?")
    template_name = "contacts/suppressions/question.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Imports"), reverse("contacts:imports"))]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = [pk for pk in request.POST.getlist("source") if pk.isdecimal()]
        sources = list(sources_to_ask().filter(pk__in=chosen))
        is_file = request.POST.get("answer") == "file"
        if not is_file and request.POST.get("sure") != "yes":
            messages.error(request, _("Tick that you looked for one."))
            return redirect("contacts:opt_out_question")
        try:
            say_who_said_no(sources=sources, file=self._file() if is_file else None, by=request.user)
        except AnswerRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("Your answer is kept."))
        return redirect("contacts:opt_out_question")

    def _file(self) -> Import:
        pk = self.request.POST.get("file", "")
        found = opt_out_files().filter(pk=pk).first() if pk.isdecimal() else None
        if found is None:
            raise AnswerRefused(_("Choose an opt-out file that was imported."))
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            asked=sources_to_ask(),
            files=opt_out_files()[:FILES_SHOWN],
            answers=answers_that_count()
            .select_related("source", "import_run", "said_by")
            .order_by("-pk")[:ANSWERS_SHOWN],
            may_answer=self.request.user.has_right(Right.IMPORT_PEOPLE),
            **kwargs,
        )
