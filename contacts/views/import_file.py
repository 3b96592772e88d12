"""First step of an import: a file is sent, read, and shown as it was understood."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.imports.errors import ImportProblem
from contacts.imports.service import start_import
from contacts.views.import_steps import Step, shown_steps
from contacts.views.import_upload import AtMost, stream_to_disk, uploaded_file


@method_decorator(csrf_exempt, name="dispatch")  # checked in `_take`, once the upload handlers are set
class NewImport(StaffView, TemplateView):
    """The drop zone. A file that cannot be read leaves nothing behind but its message."""

    right_required = Right.IMPORT_PEOPLE
    title = gettext_lazy("Import a file")
    template_name = "contacts/imports/new.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Imports"), reverse("contacts:imports"))]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._take(request, limit=stream_to_disk(request))

    @method_decorator(csrf_protect)
    def _take(self, request: HttpRequest, *, limit: AtMost) -> HttpResponse:
        try:
            file = uploaded_file(request, limit)
            run = start_import(file=file, file_name=file.name or "", by=request.user)
        except ImportProblem as problem:
            return self._refused(str(problem))
        address = reverse("contacts:import_file", args=[run.pk])
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=204, headers={"HX-Redirect": address})
        return redirect(address)

    def _refused(self, problem: str) -> HttpResponse:
        by_htmx = self.request.headers.get("HX-Request") == "true"
        template = "contacts/imports/upload.html" if by_htmx else self.template_name
        return render(self.request, template, self.get_context_data(problem=problem), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        limit = settings.UPLOAD_MAX_BYTES
        return super().get_context_data(
            steps=shown_steps(Step.FILE),
            max_bytes=limit,
            too_big=_("The file is larger than %(limit)s.") % {"limit": filesizeformat(limit)},
            **kwargs,
        )
