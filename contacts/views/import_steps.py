"""The way of one file through the import: its steps, and what every page of it has in common."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView, refusal
from contacts.imports.at_rest import is_there
from contacts.imports.standing import AT_WORK as AT_WORK
from contacts.imports.standing import is_changeable as is_changeable
from contacts.models import Import

State = Import.State


class Step(StrEnum):
    FILE = "file"
    SOURCE = "source"
    COLUMNS = "columns"
    PREVIEW = "preview"
    RUN = "run"


STEP_LABELS: dict[Step, str | Promise] = {
    Step.FILE: gettext_lazy("File"),
    Step.SOURCE: gettext_lazy("Source"),
    Step.COLUMNS: gettext_lazy("Columns"),
    Step.PREVIEW: gettext_lazy("Preview"),
    Step.RUN: gettext_lazy("Import"),
}
_URL_NAMES = {
    Step.FILE: "contacts:import_file",
    Step.SOURCE: "contacts:import_source",
    Step.COLUMNS: "contacts:import_columns",
    Step.PREVIEW: "contacts:import",
}
STEP_OF_STATE = {
    State.PREVIEWING: Step.PREVIEW,
    State.PREVIEWED: Step.PREVIEW,
    State.RUNNING: Step.RUN,
}


@dataclass(frozen=True)
class ShownStep:
    """One step in the head of a page; `url` is empty where a person cannot go (any more)."""

    label: str | Promise
    url: str = ""
    is_done: bool = False
    is_current: bool = False


def shown_steps(current: Step | None, run: Import | None = None) -> list[ShownStep]:
    """Every step; `current=None` when all of them are over."""
    order = list(Step)
    place = order.index(current) if current is not None else len(order)
    return [
        ShownStep(
            label=STEP_LABELS[step],
            url=_url(step, run) if number < place else "",
            is_done=number < place,
            is_current=number == place,
        )
        for number, step in enumerate(order)
    ]


def _url(step: Step, run: Import | None) -> str:
    if run is None or not is_changeable(run) or step not in _URL_NAMES:
        return ""
    return reverse(_URL_NAMES[step], args=[run.pk])


class ImportView(StaffView, TemplateView):
    """Base of the pages of one import."""

    right_required = Right.IMPORT_PEOPLE
    step: Step | None = None

    @cached_property
    def run(self) -> Import:
        found = Import.objects.select_related("source", "job", "created_by")
        run: Import = get_object_or_404(found, pk=self.kwargs["pk"])
        return run

    def get_title(self) -> str:
        return self.run.file_name

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Imports"), reverse("contacts:imports"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **({"run": self.run, "steps": shown_steps(self.step, self.run)} | kwargs)
        )


class StepView(ImportView):
    """A step that may still be changed: the file is there, and nothing of it is written."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return (
            refusal(request, self.right_for(request))
            or self._closed(request)
            or super().dispatch(request, *args, **kwargs)
        )

    def _closed(self, request: HttpRequest) -> HttpResponse | None:
        if self.run.state in AT_WORK:
            return redirect("contacts:import", pk=self.run.pk)
        if not is_changeable(self.run):
            messages.error(request, _("This import has begun: it can be undone, not changed."))
            return redirect("contacts:import", pk=self.run.pk)
        if not is_there(Path(self.run.file_path)):
            messages.error(request, _("The file is no longer there. Send it again."))
            return redirect("contacts:imports")
        return None
