"""Third step of an import: what each column holds, and what is done with every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from contacts.imports.choices import set_mapping
from contacts.imports.errors import ImportProblem
from contacts.imports.fields import CUSTOM_PREFIX, GROUP_LABELS, Field, Group, fields_of
from contacts.imports.guessing import ColumnGuess, guess
from contacts.imports.layouts import never_imported
from contacts.imports.profiles import save_profile, unlike_kept
from contacts.imports.service import enqueue_preview
from contacts.imports.values import doubtful_day
from contacts.models import CustomField, Import
from contacts.views.import_file import sketch_of
from contacts.views.import_options import OptionsForm, form_of, kept_options
from contacts.views.import_steps import Step, StepView

SURE, LIKELY = 0.95, 0.6
SAMPLES_SHOWN = 3


@dataclass(frozen=True)
class FieldGroup:
    label: str | Promise
    fields: list[Field]


@dataclass(frozen=True)
class ShownColumn:
    """One column of the file; `sureness` is chosen, sure, likely, doubtful or empty."""

    index: int
    name: str
    samples: list[str]
    field: str
    sureness: str
    note: str = ""


class ImportColumns(StepView):
    """Every column with samples and what it becomes; those left out stay in view."""

    step = Step.COLUMNS
    template_name = "contacts/imports/columns.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.run.source is None:
            return redirect("contacts:import_source", pk=self.run.pk)
        mapping = {int(index): field for index, field in self.run.mapping.items()}
        initial = kept_options(self.run.options)
        initial["month_first"] = self.run.layout.get("month_first", False)
        return self._page(mapping, self._form(initial=initial))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        mapping = self._posted()
        form = self._form(request.POST)
        if not form.is_valid():
            return self._page(mapping, form, status=422)
        try:
            set_mapping(
                run=self.run,
                mapping=mapping,
                options=form.chosen(),
                month_first=form.cleaned_data["month_first"],
                by=request.user,
            )
            if form.cleaned_data["save_as"]:
                save_profile(run=self.run, name=form.cleaned_data["save_as"], by=request.user)
            enqueue_preview(run=self.run, by=request.user)
        except ImportProblem as problem:
            return self._page(mapping, form, status=422, problem=str(problem))
        return redirect("contacts:import", pk=self.run.pk)

    def _posted(self) -> dict[int, str]:
        """The choices of the page, of fields that exist and columns that the file has."""
        known = {field.key for group in self._groups() for field in group.fields}
        chosen = {
            index: self.request.POST.get(f"column_{index}", "")
            for index in range(len(self.run.layout["header"]))
        }
        return {index: field for index, field in chosen.items() if field in known}

    def _form(self, data: Any = None, **kwargs: Any) -> OptionsForm:
        return form_of(self.run.kind)(data, **kwargs)

    def _groups(self) -> list[FieldGroup]:
        fields = list(fields_of(self.run.kind))
        if self.run.kind not in (Import.Kind.ROLL, Import.Kind.SUPPRESSION):
            own = CustomField.objects.order_by("label")
            fields += [Field(CUSTOM_PREFIX + one.key, one.label, Group.OTHER) for one in own]
        groups = [
            FieldGroup(GROUP_LABELS[group], [field for field in fields if field.group == group])
            for group in Group
        ]
        return [group for group in groups if group.fields]

    def _page(
        self, mapping: dict[int, str], form: OptionsForm, status: int = 200, problem: str = ""
    ) -> HttpResponse:
        is_roll = self.run.kind == Import.Kind.ROLL
        sketch = sketch_of(self.run)
        guessed = guess(sketch, kind=self.run.kind)
        cells = [row[index] for row in sketch.rows for index in mapping if index < len(row)]
        never = set(never_imported(self.run.layout["header"])) if is_roll else set()
        columns = [
            shown_column(column, mapping.get(column.index, ""), column.index in never)
            for column in guessed.columns
        ]
        context = self.get_context_data(
            columns=columns,
            recognised=sum(1 for column in columns if column.field),
            fields=self._groups(),
            options=form,
            doubtful_day=doubtful_day(cells),
            readings=unlike_kept(self.run),
            problem=problem,
        )
        return render(self.request, self.template_name, context, status=status)


def shown_column(guessed: ColumnGuess, chosen: str, is_never_imported: bool) -> ShownColumn:
    """A column with how sure its field is: a person's own choice counts for itself."""
    if not chosen:
        sureness = ""
    elif chosen != guessed.field:
        sureness = "chosen"
    elif guessed.confidence >= SURE:
        sureness = "sure"
    else:
        sureness = "likely" if guessed.confidence >= LIKELY else "doubtful"
    note = _("Never imported: the law does not let a campaign use it.") if is_never_imported else ""
    samples = guessed.samples[:SAMPLES_SHOWN]
    return ShownColumn(guessed.index, guessed.name, samples, chosen, sureness, note)
