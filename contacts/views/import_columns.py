"""Third step of an import: what each column holds, and what is done with every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.enums import SuppressionReason, TerritoryKind
from contacts.imports.errors import ImportProblem
from contacts.imports.fields import CUSTOM_PREFIX, GROUP_LABELS, Field, Group, fields_of
from contacts.imports.guessing import ColumnGuess, guess
from contacts.imports.layouts import never_imported
from contacts.imports.opt_outs.rows import NUMBER_CHANNELS
from contacts.imports.service import enqueue_preview, set_mapping
from contacts.models import CustomField, Import, List, Territory
from contacts.models.electoral_registration import RollKind
from contacts.views.import_file import sketch_of
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


class PeopleOptions(forms.Form):
    """What every row of an address book or a broker's file gets besides its own values."""

    tags = forms.CharField(
        label=gettext_lazy("Tags for everyone"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Separated by commas."),
    )
    list = forms.ModelChoiceField(
        label=gettext_lazy("Put everyone on a fixed list"),
        queryset=List.objects.picked().order_by("name"),
        required=False,
        empty_label=gettext_lazy("No list"),
    )


class RollOptions(forms.Form):
    """What a roll without these columns says by its origin."""

    commune_code = forms.CharField(
        label=gettext_lazy("INSEE code of the commune, if the file does not say it"),
        required=False,
        max_length=5,
        widget=forms.TextInput({"class": "short", "autocomplete": "off"}),
    )
    roll_kind = forms.TypedChoiceField(
        label=gettext_lazy("Kind of list, if the file does not say it"),
        choices=[(0, gettext_lazy("The main list")), *RollKind.choices[1:]],
        coerce=int,
        required=False,
        empty_value=0,
    )

    def clean_commune_code(self) -> str:
        code: str = self.cleaned_data["commune_code"].strip().upper()
        communes = Territory.objects.filter(kind=TerritoryKind.COMMUNE, code=code)
        if code and not communes.exists():
            raise forms.ValidationError(_("No commune has this INSEE code."))
        return code


class OptOutOptions(forms.Form):
    """What an opt-out file means where its rows do not say."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Why they must not be written to, if the file does not say it"),
        choices=[
            (SuppressionReason.IMPORTED.value, gettext_lazy("They asked for no more messages")),
            (SuppressionReason.HARD_BOUNCE.value, gettext_lazy("The address does not exist any more")),
            (SuppressionReason.COMPLAINT.value, gettext_lazy("They reported a message as spam")),
        ],
        help_text=gettext_lazy(
            "Whoever asked gets no more political messages; an address that does not exist or that "
            "complained gets none at all."
        ),
    )
    numbers = forms.MultipleChoiceField(
        label=gettext_lazy("What phone numbers of the file are closed to"),
        choices=[(channel.value, channel.label) for channel in NUMBER_CHANNELS],
        initial=[channel.value for channel in NUMBER_CHANNELS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick SMS, calls, or both.")},
    )


class ImportColumns(StepView):
    """Every column with samples and what it becomes; those left out stay in view."""

    step = Step.COLUMNS
    template_name = "contacts/imports/columns.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.run.source is None:
            return redirect("contacts:import_source", pk=self.run.pk)
        mapping = {int(index): field for index, field in self.run.mapping.items()}
        return self._page(mapping, self._form(initial=_kept(self.run.options)))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        mapping = self._posted()
        form = self._form(request.POST)
        if not form.is_valid():
            return self._page(mapping, form, status=422)
        try:
            set_mapping(run=self.run, mapping=mapping, options=_options(form), by=request.user)
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

    def _form(self, data: Any = None, **kwargs: Any) -> forms.Form:
        of_kind: dict[str, type[forms.Form]] = {
            Import.Kind.ROLL: RollOptions,
            Import.Kind.SUPPRESSION: OptOutOptions,
        }
        return of_kind.get(self.run.kind, PeopleOptions)(data, **kwargs)

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
        self, mapping: dict[int, str], form: forms.Form, status: int = 200, problem: str = ""
    ) -> HttpResponse:
        is_roll = self.run.kind == Import.Kind.ROLL
        guessed = guess(sketch_of(self.run), kind=self.run.kind)
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


def _kept(options: dict[str, Any]) -> dict[str, Any]:
    """Options as the form shows them; one that was not chosen yet has the form's own first value."""
    chosen = {name: value for name, value in options.items() if value not in (None, "", [])}
    return chosen | {"tags": ", ".join(options.get("tags", []))}


def _options(form: forms.Form) -> dict[str, Any]:
    data = form.cleaned_data
    if isinstance(form, OptOutOptions):
        return {"reason": data["reason"], "numbers": data["numbers"]}
    if isinstance(form, RollOptions):
        return {"commune_code": data["commune_code"], "roll_kind": data["roll_kind"]}
    tags = [" ".join(tag.split()) for tag in data["tags"].split(",")]
    chosen = data["list"]
    return {"tags": [tag for tag in tags if tag], "list": chosen.pk if chosen else None}
