"""The page of one import: its preview, its progress, its report, and what can be done at each moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaign_crm.platform.models import Job
from campaign_crm.platform.rights import Right
from contacts.imports.checks import licence_ends_soon
from contacts.imports.errors import ImportProblem
from contacts.imports.jobs import UNDO_JOB
from contacts.imports.partway import partway_words
from contacts.imports.pausing import can_pause, pause_import, resume_import
from contacts.imports.reasons import reason, sentence
from contacts.imports.rolls.newer import newer_roll
from contacts.imports.service import discard_import, enqueue_run, stop_import, undo_import
from contacts.imports.undo import UNDOABLE, electors_kept, objections_of, people_kept
from contacts.imports.undo_time import undo_is_over
from contacts.models import Import, ImportReject
from contacts.views.electors_next import ways_for
from contacts.views.import_effect import departures_look_real, shares, tiles, writes_anything, written
from contacts.views.import_progress import shown_progress
from contacts.views.import_recurring import offered_places, waiting_for
from contacts.views.import_samples import sample_groups
from contacts.views.import_steps import (
    AT_WORK,
    STEP_OF_STATE,
    ImportView,
    ShownStep,
    State,
    Step,
    is_changeable,
    shown_steps,
)
from contacts.views.import_told import mended_words

STOP_POLLING = 286
REJECTS_SHOWN = 8
UNFINISHED = {Job.State.QUEUED, Job.State.RUNNING, Job.State.PAUSED}


@dataclass(frozen=True)
class ShownReject:
    line: int
    sentences: list[str]


class ImportPage(ImportView):
    """Everything about one import; before its columns are known it leads to the step that waits."""

    template_name = "contacts/imports/page.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.run.state == State.UPLOADED:
            name = "contacts:import_columns" if self.run.source_id else "contacts:import_file"
            return redirect(name, pk=self.run.pk)
        return super().get(request, *args, **kwargs)

    @property
    def is_at_work(self) -> bool:
        return (self.run.state in AT_WORK and not self.is_stalled) or self.is_undoing

    @property
    def is_stalled(self) -> bool:
        """Its job ended without saying how: no worker goes on with it, whatever the state says."""
        job = self.run.job
        return self.run.state in AT_WORK and (job is None or job.state not in UNFINISHED)

    @property
    def is_undoing(self) -> bool:
        job = self.run.job
        return job is not None and job.kind == UNDO_JOB and job.state in UNFINISHED

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run
        counts = run.preview if run.state == State.PREVIEWED else run.counts
        context: dict[str, Any] = {
            "steps": self._steps(),
            "progress": shown_progress(run.job) if self.is_at_work else None,
            "may_pause": can_pause(run),
            "waiting": waiting_for(run),
            "is_undoing": self.is_undoing,
            "is_stalled": self.is_stalled,
            "tiles": tiles(run, counts),
            "shares": shares(counts),
            "rows": counts.get("rows", 0),
            "writes": written(counts),
            "does_anything": writes_anything(counts),
            "warnings": mended_words(run),
        }
        if run.state == State.PREVIEWED:
            context["samples"] = sample_groups(run)
            context["licence_ends"] = run.source.licence_ends_on if licence_ends_soon(run.source) else None
            context["departed"] = counts.get("departed", 0)
            context["newer_roll"] = newer_roll(run)
            context["is_whole_roll"] = departures_look_real(counts) and context["newer_roll"] is None
        elif run.state not in AT_WORK and not self.is_undoing:
            context |= self._report()
        return super().get_context_data(**(context | kwargs))

    def _steps(self) -> list[ShownStep]:
        """None where the way ended before its end."""
        run = self.run
        if run.state in STEP_OF_STATE:
            return shown_steps(STEP_OF_STATE[State(run.state)], run)
        if is_changeable(run):
            return shown_steps(Step.PREVIEW, run)
        return shown_steps(None) if run.state == State.DONE and not self.is_undoing else []

    def _has_objections(self) -> bool:
        """True when the file said of people that they left or refuse, and that is still there."""
        run = self.run
        if run.kind in (Import.Kind.ROLL, Import.Kind.SUPPRESSION) or not run.has_begun or undo_is_over(run):
            return False
        if run.state == State.DONE:
            return bool(run.counts.get("stopped") or run.counts.get("refused"))
        return (run.state in UNDOABLE or run.state == State.UNDONE) and objections_of(run)

    def _report(self) -> dict[str, Any]:
        run = self.run
        rejects = ImportReject.objects.filter(import_run=run).order_by("line")[:REJECTS_SHOWN]
        may_review = self.request.user.has_right(Right.EDIT_PEOPLE)
        return {
            "rejects": [
                ShownReject(reject.line, [sentence(kept) for kept in reject.reasons]) for reject in rejects
            ],
            "review_count": run.counts.get("to_review", 0),
            "pair_count": run.counts.get("pairs", 0),
            "may_review": may_review,
            "may_change": is_changeable(run),
            "is_repeated": bool(run.recurring_id or run.options.get("profile")),
            "partway": partway_words(run),
            "taken_in_part": ImportReject.objects.filter(
                import_run=run, reasons__contains=[reason("rest_taken")]
            ).count(),
            "may_undo": run.state in UNDOABLE and run.has_begun and not undo_is_over(run),
            "has_objections": self._has_objections(),
            "undo_means": undo_means(run.counts if "rows" in run.counts else run.preview, kind=run.kind),
            "undone": run.counts.get("undone", {}),
            "kept": people_kept(run) if run.state == State.UNDONE else [],
            "kept_electors": (
                electors_kept(run) if run.state == State.UNDONE and run.kind == Import.Kind.ROLL else []
            ),
            "ways": ways_for(self.request),
            "places": [] if run.recurring_id or run.state != State.DONE else offered_places(),
        }


class ImportProgress(ImportPage):
    """The same as a fragment, asked for every other second; 286 tells htmx that it is over."""

    template_name = "contacts/imports/state.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        status = 200 if self.is_at_work else STOP_POLLING
        return render(request, self.template_name, self.get_context_data(), status=status)


class _Act(ImportView):
    """One act on an import by POST; a refusal is a message on its page."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return self.act()
        except ImportProblem as problem:
            messages.error(request, str(problem))
            return redirect("contacts:import", pk=self.run.pk)

    def act(self) -> HttpResponse:
        raise NotImplementedError


class RunImport(_Act):
    def act(self) -> HttpResponse:
        whole_roll = self.request.POST.get("whole_roll") == "on"
        enqueue_run(run=self.run, by=self.request.user, whole_roll=whole_roll)
        return redirect("contacts:import", pk=self.run.pk)


class StopImport(_Act):
    def act(self) -> HttpResponse:
        stop_import(run=self.run, by=self.request.user)
        messages.success(self.request, _("Stopped."))
        return redirect("contacts:import", pk=self.run.pk)


class PauseImport(_Act):
    def act(self) -> HttpResponse:
        pause_import(run=self.run, by=self.request.user)
        return redirect("contacts:import", pk=self.run.pk)


class ResumeImport(_Act):
    def act(self) -> HttpResponse:
        resume_import(run=self.run, by=self.request.user)
        return redirect("contacts:import", pk=self.run.pk)


class UndoImport(_Act):
    def act(self) -> HttpResponse:
        if self.request.POST.get("understood") != "yes":
            raise ImportProblem(_("Tick that you understand what undoing does."))
        undo_import(
            run=self.run,
            by=self.request.user,
            objections_too=self.request.POST.get("objections_too") == "yes",
        )
        messages.success(self.request, _("The import is being undone."))
        return redirect("contacts:import", pk=self.run.pk)


class DiscardImport(_Act):
    def act(self) -> HttpResponse:
        discard_import(run=self.run, by=self.request.user)
        messages.success(self.request, _("The file is discarded; nothing was imported."))
        return redirect("contacts:imports")


def undo_means(counts: dict[str, int], *, kind: str) -> str:
    """What undoing would do, with its numbers."""
    new, updated = counts.get("new", 0), counts.get("updated", 0)
    if kind == Import.Kind.SUPPRESSION:
        return _(
            "Only for a file that was the wrong one: what this file alone put on the do-not-contact list "
            "goes, and those people can be written to again. Who objected in another way since, or stands "
            "in another file too, stays on the list. The undoing is kept in the journal with your name."
        )
    if kind == Import.Kind.ROLL:
        gone = ngettext("%(n)s elector goes", "%(n)s electors go", new) % {"n": new}
    else:
        gone = ngettext("%(n)s person goes", "%(n)s people go", new) % {"n": new}
    returned = ngettext("%(n)s returns to what it was", "%(n)s return to what they were", updated) % {
        "n": updated
    }
    if "values" in counts:
        told = ngettext("%(n)s value", "%(n)s values", counts["values"]) % {"n": counts["values"]}
        returned = f"{returned} ({told})"
    if kind == Import.Kind.ROLL:
        return _(
            "%(gone)s, unless another roll has them too or somebody linked them; %(returned)s, unless a "
            "later one says the same. Polling stations keep the names, cantons and constituencies that it "
            "gave them."
        ) % {"gone": gone, "returned": returned}
    return _(
        "%(gone)s, unless another source, a message or somebody's work holds them now; %(returned)s. The "
        "do-not-contact list and what people said themselves stay."
    ) % {"gone": gone, "returned": returned}
