"""Forms of the campaign accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from contacts.enums import Channel
from contacts.models import Election
from messaging.costs import files
from messaging.costs.counting import CostRefused
from messaging.costs.totals import Period
from messaging.models import Campaign, Invoice, ProviderAccount

DAY = {"type": "date"}
OFFERED = 200  # mailings, the newest first


class PeriodForm(forms.Form):
    """Which invoices are looked at."""

    since = forms.DateField(label=pgettext_lazy("a day", "From"), required=False, widget=forms.DateInput(DAY))
    until = forms.DateField(label=gettext_lazy("Until"), required=False, widget=forms.DateInput(DAY))
    election = forms.ModelChoiceField(
        Election.objects.order_by("name"),
        label=gettext_lazy("Election"),
        required=False,
        empty_label=gettext_lazy("All elections"),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        since, until = values.get("since"), values.get("until")
        if since and until and until < since:
            self.add_error("until", _("This is before the first day."))
        return values

    def period(self) -> Period:
        return Period(**self.cleaned_data) if self.is_valid() else Period()


class UnitCostForm(forms.Form):
    """What a message costs by a way out, from a day on."""

    account = forms.ModelChoiceField(ProviderAccount.objects.order_by("name"), label=gettext_lazy("Way out"))
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), choices=Channel.choices, initial=Channel.EMAIL)
    since = forms.DateField(label=pgettext_lazy("a day", "From"), widget=forms.DateInput(DAY))
    amount = forms.DecimalField(
        label=gettext_lazy("Euros a message, VAT included"),
        min_value=0,
        max_digits=9,
        decimal_places=6,
        help_text=gettext_lazy("An invoice of 90 € for 100,000 messages is 0.0009."),
    )


class OverrideForm(forms.Form):
    """The real cost of a mailing, in place of the computed one."""

    amount = forms.DecimalField(
        label=gettext_lazy("Real cost in euros, VAT included"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        help_text=gettext_lazy("Empty: the computed cost counts again."),
    )
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300)


class InvoiceForm(forms.ModelForm[Invoice]):
    """One invoice; its file is checked by what it holds."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy("PDF, PNG or JPEG, up to 10 MB. It is kept sealed."),
    )

    class Meta:
        model = Invoice
        fields = [
            *["number", "issued_on", "supplier", "what", "amount", "payer", "heading", "account_number"],
            *["is_free_service", "is_from_company", "election", "campaigns"],
        ]
        widgets = {
            "issued_on": forms.DateInput(DAY, format="%Y-%m-%d"),
            "campaigns": forms.SelectMultiple({"size": 6}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mailings = Campaign.objects.mailings()
        newest = list(mailings.order_by("-pk").values_list("pk", flat=True)[:OFFERED])
        chosen = list(self.instance.campaigns.values_list("pk", flat=True)) if self.instance.pk else []
        self.fields["campaigns"].queryset = mailings.filter(pk__in=newest + chosen).order_by("-pk")  # type: ignore[attr-defined]
        self.fields["election"].queryset = Election.objects.order_by("name")  # type: ignore[attr-defined]

    def _post_clean(self) -> None:
        """The service checks the whole invoice; checking here as well would say everything twice."""

    def clean_file(self) -> bytes | None:
        upload = self.cleaned_data.get("file")
        if not upload:
            return None
        try:
            content = bytes(upload.read(files.MOST_BYTES + 1))
            files.type_of(content)
        except CostRefused as error:
            raise forms.ValidationError(str(error)) from None
        return content

    @property
    def file_name(self) -> str:
        return str(self.files["file"].name) if "file" in self.files else ""
