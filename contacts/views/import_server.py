"""First step of an import from the server's own disk: choose a file, or a folder with everything in it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.imports import server_folder
from contacts.imports.errors import ImportProblem
from contacts.views.import_file import take_in
from contacts.views.import_steps import Step, shown_steps


class ServerFolder(StaffView, TemplateView):
    """The files of the folder; each begins an import, and stays where it lies."""

    right_required = Right.IMPORT_PEOPLE
    title = gettext_lazy("Files on the server")
    template_name = "contacts/imports/server.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [
            (_("Imports"), reverse("contacts:imports")),
            (_("Import a file"), reverse("contacts:import_new")),
        ]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not server_folder.is_offered():
            raise Http404
        return self._page(request.GET.get("folder", ""))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        path = request.POST.get("path", "")
        try:
            found = server_folder.chosen(path)
            run = take_in(found, found.name, by=request.user)
        except ImportProblem as problem:
            return self._page(path.rpartition("/")[0], problem=str(problem))
        return redirect("contacts:import_file", pk=run.pk)

    def _page(self, folder: str, problem: str = "") -> HttpResponse:
        listing = None
        try:
            listing = server_folder.listing(folder)
        except ImportProblem as refused:
            problem = problem or str(refused)
        context = self.get_context_data(steps=shown_steps(Step.FILE), listing=listing, problem=problem)
        return render(self.request, self.template_name, context, status=422 if problem else 200)
