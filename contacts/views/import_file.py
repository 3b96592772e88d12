"""First step of an import: a file is sent, read, and shown as it was understood."""

from __future__ import annotations

from pathlib import Path
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
from contacts.imports import uploads
from contacts.imports.choices import set_kind, set_padding, set_reading, set_sheet
from contacts.imports.encodings import CHOICES
from contacts.imports.errors import DiskFull, ImportProblem
from contacts.imports.formats.opening import look_again
from contacts.imports.guessing import guess
from contacts.imports.many_files import doubted_files, words_of_files
from contacts.imports.profiles import unlike_kept
from contacts.imports.room import told_when_full
from contacts.imports.service import enqueue_preview, start_import
from contacts.imports.sketch import DELIMITERS, Layout, Sketch
from contacts.models import Import
from contacts.views.import_kinds import kind_choices, kind_of
from contacts.views.import_steps import Step, StepView, shown_steps
from contacts.views.import_told import doubted_words
from contacts.views.import_upload import AtMost, stream_to_disk, uploaded_file

ROWS_SHOWN = 5


@method_decorator(csrf_exempt, name="dispatch")  # checked in `_take`, once the upload handlers are set
class NewImport(StaffView, TemplateView):
    """The drop zone. A file that cannot be read leaves nothing behind but its message."""

    right_required = Right.IMPORT_PEOPLE
    title = gettext_lazy("Import a file")
    template_name = "contacts/imports/new.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Imports"), reverse("contacts:imports"))]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with told_when_full():  # the file is written while the request is read
                return self._take(request, limit=stream_to_disk(request))
        except DiskFull as full:
            return self._refused(full, status=507)

    @method_decorator(csrf_protect)
    def _take(self, request: HttpRequest, *, limit: AtMost) -> HttpResponse:
        try:
            file = uploaded_file(request, limit)
            run = take_in(file, file.name or "", by=request.user)
        except ImportProblem as problem:
            return self._refused(problem, status=422)
        return redirect("contacts:import_file", pk=run.pk)

    def _refused(self, problem: ImportProblem, *, status: int) -> HttpResponse:
        context = self.get_context_data(problem=str(problem))
        return render(self.request, self.template_name, context, status=status)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        limit = settings.UPLOAD_MAX_BYTES
        waiting = uploads.unfinished(self.request.user.pk)
        return super().get_context_data(
            steps=shown_steps(Step.FILE),
            max_bytes=limit,
            has_server_folder=bool(settings.IMPORT_FOLDER),
            unread=[upload for upload in waiting if upload.is_whole],
            unfinished=[upload for upload in waiting if not upload.is_whole],
            too_big=_("The file is larger than %(limit)s.") % {"limit": filesizeformat(limit)},
            **kwargs,
        )


class ImportFile(StepView):
    """The file as it was understood: what it is, its first rows, and how to read it another way."""

    step = Step.FILE
    template_name = "contacts/imports/file.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            if request.POST.get("action") == "read_again":
                set_reading(run=self.run, by=request.user, **self._reading())
                return redirect("contacts:import_file", pk=self.run.pk)
            if request.POST.get("action") == "fill_short_rows":
                set_padding(run=self.run, by=request.user)
                enqueue_preview(run=self.run, by=request.user)
                return redirect("contacts:import", pk=self.run.pk)
            if request.POST.get("action") == "take_sheet":
                set_sheet(run=self.run, sheet=request.POST.get("sheet", ""), by=request.user)
                return redirect("contacts:import_file", pk=self.run.pk)
            set_kind(run=self.run, kind=request.POST.get("kind", ""), by=request.user)
        except ImportProblem as problem:
            return self._page(problem=str(problem), status=422)
        return redirect("contacts:import_source", pk=self.run.pk)

    def _reading(self) -> dict[str, str]:
        """Encoding and separator that were chosen, of those that are offered."""
        encoding, delimiter = (self.request.POST.get(name, "") for name in ("encoding", "delimiter"))
        return {
            "encoding": encoding if encoding in CHOICES else "",
            "delimiter": delimiter if delimiter in DELIMITERS else "",
        }

    def _page(self, problem: str = "", status: int = 200) -> HttpResponse:
        run = self.run
        sketch = sketch_of(run)
        guessed = kind_of(run, guess(sketch))
        layout = Layout.from_json(run.layout)
        context = self.get_context_data(
            kinds=kind_choices(),
            guessed=guessed,
            kind=run.kind,
            layout=layout,
            rows=sketch.rows[:ROWS_SHOWN],
            doubt=doubted_words(layout) or doubted_files(layout),
            readings=unlike_kept(run),
            encoding=layout.encoding.removesuffix("-sig").removesuffix("-le").removesuffix("-be"),
            encodings=CHOICES.items(),
            delimiters=[(";", _("Semicolon")), (",", _("Comma")), ("\t", _("Tab")), ("|", _("Bar"))],
            files=words_of_files(layout),
            organisations=sum(map(int, layout.noted("organisations"))),
            titles=sum(map(int, layout.noted("titles"))),
            problem=problem,
        )
        return render(self.request, self.template_name, context, status=status)


def take_in(file: Any, name: str, *, by: Any) -> Import:
    """Begin the import of a file as the kind that it seems to be."""
    return with_its_kind(start_import(file=file, file_name=name, by=by), by=by)


def with_its_kind(run: Import, *, by: Any) -> Import:
    """Take an import for what it seems to be, unless somebody went on with it already."""
    if run.state == Import.State.UPLOADED and run.source is None:
        set_kind(run=run, kind=kind_of(run, guess(sketch_of(run))).kind, by=by)
    return run


def sketch_of(run: Import) -> Sketch:
    """The head of the file, read the way that was chosen for it."""
    layout = Layout.from_json(run.layout)
    return look_again(Path(run.file_path), layout, encoding=layout.encoding, delimiter=layout.delimiter)
