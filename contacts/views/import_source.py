"""Second step of an import: where the data comes from, and what allows its use. Nothing comes in without."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.enums import Channel
from contacts.imports.choices import set_source
from contacts.imports.errors import ImportProblem
from contacts.models import Election, Import, Source
from contacts.rules.channels import basis_opens
from contacts.services.sources import PREFERENCE_PAGE, SourceRefused, create_source, missing_of
from contacts.views.import_bases import BASES, KIND_TEXTS, SOURCE_KINDS, basis_choices
from contacts.views.import_steps import Step, StepView
from contacts.views.sources import SourceForm, show_refusal

NEW = "new"
# Asked for some bases and kinds only; the page shows them when they are.
CONDITIONAL = ("channels", "consent_wording", "balance", "supplier", "proof", "licence_ends_on")
# What those are worth where they were not asked: nothing that was typed before another choice is kept.
NOTHING_ELSE: dict[str, Any] = {"consent_wording": "", "balance": "", "supplier": "", "licence_ends_on": None}


class NewSourceForm(SourceForm):
    """A source described while its first file comes in; what the law asks of each basis is asked here."""

    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Channels that people were told about"), choices=Channel.choices, required=False
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds, bases = SOURCE_KINDS[kind], BASES[kind]
        self.fields["kind"].choices = [(one.value, one.label) for one in kinds]  # type: ignore[attr-defined]
        self.fields["lawful_basis"].choices = [(one.value, one.label) for one in bases]  # type: ignore[attr-defined]
        for name, choices in (("kind", kinds), ("lawful_basis", bases)):
            if len(choices) == 1:
                self.initial.setdefault(name, choices[0])
        for name in CONDITIONAL:
            self.fields[name].required = True  # wherever it is shown; `clean` forgives the others
        if kind not in (Import.Kind.BROKER, Import.Kind.ENRICHMENT):
            self.fields["proof"].required = False
        if kind != Import.Kind.ROLL or not Election.objects.exists():
            del self.fields["elections"]  # only a roll is kept for a vote
        for name, example in _examples(kind).items():
            self.fields[name].widget.attrs["placeholder"] = example

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        basis, kind = data.get("lawful_basis", ""), data.get("kind", "")
        if basis:  # a box that was ticked under another basis, hidden since, counts for nothing
            data["channels"] = [one for one in data.get("channels", []) if basis_opens(basis, one)]
        asked = missing_of(kind=kind, basis=basis, values={})
        for name in CONDITIONAL:
            self.errors.pop(name, None)
            if name in asked and not data.get(name):
                self.add_error(name, asked[name])
            elif name not in asked and name in NOTHING_ELSE:
                data[name] = NOTHING_ELSE[name]
        return data


def _examples(kind: str) -> dict[str, str]:
    return {
        Import.Kind.ROLL: {
            "name": _("Electoral roll of Beauvais, March 2027"),
            "proof": _("Request to the town hall of 3 March 2027, kept in the binder of rolls"),
            "origin_text": _("you are on the electoral roll of your commune"),
        },
        Import.Kind.ADDRESS_BOOK: {
            "name": _("Contacts of the Oise team"),
            "proof": _("Paper forms, kept at the office in the red binder"),
            "origin_text": _("you left your address at one of our meetings"),
            "consent_wording": _("I agree to receive news of the campaign by e-mail."),
            "balance": _(
                "People who came to our meetings expect to hear of the next one; each message has a way out."
            ),
        },
        Import.Kind.BROKER: {
            "name": _("Exempla file, spring 2027"),
            "supplier": "Exempla",
            "proof": _("Contract of 12 January 2027 and its annex on consent, in the folder of contracts"),
            "origin_text": _("you agreed that Exempla passes on your address"),
            "consent_wording": _("I agree to receive offers and messages of partners by e-mail."),
            "balance": _("A single letter that presents the programme and says where we found the address."),
        },
        Import.Kind.ENRICHMENT: {
            "name": _("Phones from Exempla, spring 2027"),
            "supplier": "Exempla",
            "proof": _("Contract of 12 January 2027 and its annex on consent, in the folder of contracts"),
            "origin_text": _("you agreed that Exempla passes on your address"),
            "consent_wording": _("I agree to receive offers and messages of partners by e-mail."),
            "balance": _("A single letter that presents the programme and says where we found the address."),
        },
        Import.Kind.SUPPRESSION: {
            "name": _("Opt-outs of our former mailing tool"),
            "proof": _("Export of 3 March 2027, kept in the folder of the move"),
        },
    }[Import.Kind(kind)]


class ImportSource(StepView):
    """Choose a source that is there, or describe a new one."""

    step = Step.SOURCE
    template_name = "contacts/imports/source.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(NewSourceForm(kind=self.run.kind, initial=self._proposed()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("source", NEW) != NEW:
            return self._choose(request)
        form = NewSourceForm(request.POST, kind=self.run.kind)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            with transaction.atomic():
                source = create_source(by=request.user, **form.cleaned_data)
                set_source(run=self.run, source=source, by=request.user)
        except (SourceRefused, ValidationError, ImportProblem) as error:
            show_refusal(error, form)
            return self._page(form, status=422)
        return redirect("contacts:import_columns", pk=self.run.pk)

    def _choose(self, request: HttpRequest) -> HttpResponse:
        chosen = request.POST["source"]
        source = self._sources().filter(pk=chosen).first() if chosen.isdecimal() else None
        form = NewSourceForm(kind=self.run.kind, initial=self._proposed())
        if source is None:
            return self._page(form, status=422, problem=_("Choose where the data comes from."))
        try:
            set_source(run=self.run, source=source, by=request.user)
        except ImportProblem as problem:
            return self._page(form, status=422, problem=str(problem))
        return redirect("contacts:import_columns", pk=self.run.pk)

    def _proposed(self) -> dict[str, Any]:
        """A roll is a public roll; the name of a file is a first name for its source."""
        stem = PurePath(self.run.file_name).stem.replace("_", " ").strip()
        proposed: dict[str, Any] = {"name": stem[:150]}
        if self.run.kind == Import.Kind.ROLL:
            proposed["channels"] = [Channel.POST.value]
            proposed["elections"] = Election.objects.filter(rounds__day__gte=timezone.localdate()).distinct()
        return proposed

    def _sources(self) -> Any:
        kinds = SOURCE_KINDS[self.run.kind]
        kept = Source.objects.filter(kind__in=kinds).exclude(name=PREFERENCE_PAGE)
        return kept.annotate(imported=Count("imports")).order_by("name")

    def _page(self, form: NewSourceForm, status: int = 200, problem: str = "") -> HttpResponse:
        sources = list(self._sources())
        chosen = self.request.POST.get("source") or self.run.source_id or (NEW if not sources else "")
        context = self.get_context_data(
            form=form,
            problem=problem,
            sources=sources,
            chosen=str(chosen),
            source_kinds=[(one, KIND_TEXTS[one]) for one in SOURCE_KINDS[self.run.kind]],
            bases=basis_choices(self.run.kind),
            channels=Channel,
        )
        return render(self.request, self.template_name, context, status=status)
