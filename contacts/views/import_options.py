"""What a person chooses for the whole of a file, beside its columns: one form for each kind of file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.enums import SuppressionReason, TerritoryKind
from contacts.imports.opt_outs.rows import NUMBER_CHANNELS
from contacts.imports.people.policy import DEFAULT, GROUP_LABELS, POLICY_LABELS, Policy
from contacts.models import Import, List, Territory
from contacts.models.electoral_registration import RollKind
from contacts.views.place_field import PlaceField

SCOPES = (
    *(TerritoryKind.REGION, TerritoryKind.DEPARTMENT, TerritoryKind.COMMUNE),
    *(TerritoryKind.CANTON, TerritoryKind.CONSTITUENCY),
)


class OptionsForm(forms.Form):
    """`chosen` gives what goes into `Import.options`; the two fields here are of the mapping itself."""

    month_first = forms.BooleanField(
        label=gettext_lazy("Dates are written month first, as in 12/31/1980"), required=False
    )
    save_as = forms.CharField(
        label=gettext_lazy("Save this mapping for the next delivery"),
        required=False,
        max_length=100,
        help_text=gettext_lazy(
            "Give it a name, such as that of the supplier: the next file with the same columns, in any "
            "order, is recognised by it."
        ),
    )

    def chosen(self) -> dict[str, Any]:
        raise NotImplementedError

    @property
    def always_shown(self) -> list[forms.BoundField]:
        own = ("month_first", "save_as")
        return [field for field in self if not field.name.startswith("policy_") and field.name not in own]

    @property
    def policies(self) -> list[forms.BoundField]:
        """What is done to fields that are known: folded away, as it is seldom changed."""
        return [field for field in self if field.name.startswith("policy_")]


class PeopleOptions(OptionsForm):
    """What every row of an address book or a broker's file gets besides its own values."""

    usual = DEFAULT

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
    scope = PlaceField(
        label=gettext_lazy("Only people of this territory"),
        kinds=SCOPES,
        required=False,
        help_text=gettext_lazy(
            "Its name, postcode or code. Rows without an address there are left out, and counted."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for group, label in GROUP_LABELS.items():
            self.fields[f"policy_{group}"] = forms.ChoiceField(
                label=label,
                choices=[(policy.value, text) for policy, text in POLICY_LABELS.items()],
                initial=self.usual.value,
                required=False,
            )

    def chosen(self) -> dict[str, Any]:
        data = self.cleaned_data
        tags = [" ".join(tag.split()) for tag in data["tags"].split(",")]
        policies = {group: data[f"policy_{group}"] or self.usual.value for group in GROUP_LABELS}
        return {
            "tags": [tag for tag in tags if tag],
            "list": data["list"].pk if data["list"] else None,
            "scope": data["scope"].pk if data["scope"] else None,
            "policies": {group: policy for group, policy in policies.items() if policy != DEFAULT},
        }


class EnrichmentOptions(PeopleOptions):
    """A file that creates nobody is paid for what it gives, and replaces nothing unless it is asked to."""

    usual = Policy.BLANKS
    price = forms.DecimalField(
        label=gettext_lazy("Price of the file, in euros"),
        required=False,
        min_value=0,
        max_digits=9,
        decimal_places=2,
        help_text=gettext_lazy("The report says what each new phone, e-mail or address has cost."),
        widget=forms.NumberInput({"class": "short", "step": "0.01"}),
    )

    def chosen(self) -> dict[str, Any]:
        price = self.cleaned_data["price"]
        return super().chosen() | {"price": str(price) if price else ""}


class RollOptions(OptionsForm):
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
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label=gettext_lazy("Country of the roll, if it is not France"),
        required=False,
        widget=forms.TextInput({"class": "short", "autocomplete": "off", "maxlength": 2}),
        help_text=gettext_lazy("Two letters, such as BE, GB or US. Its places become territories there."),
        error_messages={"invalid": gettext_lazy("Write the two letters of the country, such as BE.")},
    )
    region = forms.RegexField(
        r"^[A-Za-z0-9]{1,3}$",
        label=gettext_lazy("State or region there, if its districts are numbered by state"),
        required=False,
        widget=forms.TextInput({"class": "short", "autocomplete": "off", "maxlength": 3}),
    )
    place_name = forms.CharField(
        label=gettext_lazy("District or town of a roll from abroad, if the file does not say it"),
        required=False,
        max_length=100,
    )

    def clean_commune_code(self) -> str:
        code: str = self.cleaned_data["commune_code"].strip().upper()
        communes = Territory.objects.filter(kind=TerritoryKind.COMMUNE, code=code)
        if code and not communes.exists():
            raise forms.ValidationError(_("No commune has this INSEE code."))
        return code

    def chosen(self) -> dict[str, Any]:
        names = ("commune_code", "roll_kind", "country", "region", "place_name")
        chosen = {name: self.cleaned_data[name] for name in names}
        return chosen | {name: chosen[name].upper() for name in ("country", "region")}


class OptOutOptions(OptionsForm):
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

    def chosen(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("reason", "numbers")}


def form_of(kind: str) -> type[OptionsForm]:
    """The form of a kind of file (Import.Kind)."""
    of_kind: dict[str, type[OptionsForm]] = {
        Import.Kind.ROLL: RollOptions,
        Import.Kind.SUPPRESSION: OptOutOptions,
        Import.Kind.ENRICHMENT: EnrichmentOptions,
    }
    return of_kind.get(kind, PeopleOptions)


def kept_options(options: dict[str, Any]) -> dict[str, Any]:
    """Options as the form shows them; one that was not chosen yet has the form's own first value."""
    chosen = {name: value for name, value in options.items() if value not in (None, "", [])}
    policies = {f"policy_{group}": policy for group, policy in (options.get("policies") or {}).items()}
    return chosen | policies | {"tags": ", ".join(options.get("tags", []))}
