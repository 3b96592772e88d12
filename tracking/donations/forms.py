"""What is typed about donations: amounts in euros, kept in cents."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracking.donations.money import cents_of, euros
from tracking.donations.service import Gift
from tracking.models import Donation, DonationRule

DAY = {"type": "date"}


class EurosField(forms.CharField):
    """An amount, with a comma or a point; its value is in cents."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "short"})
        super().__init__(max_length=20, widget=widget, **options)

    def prepare_value(self, value: Any) -> Any:
        return euros(value).replace("\u00a0€", "") if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        cents = cents_of(text)
        if cents is None or cents <= 0:
            raise forms.ValidationError(_("Write an amount such as 25 or 12.50."))
        return cents


class DonationForm(forms.Form):
    """One gift of a known person."""

    amount = EurosField(label=gettext_lazy("Amount in euros"))
    given_on = forms.DateField(label=gettext_lazy("Given on"), widget=forms.DateInput(DAY))
    method = forms.ChoiceField(label=gettext_lazy("Way of paying"), choices=Donation.Method.choices)
    receipt = forms.CharField(label=gettext_lazy("Receipt number"), max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="gift_%s", **kwargs)
        self.fields["given_on"].initial = timezone.localdate()

    def gift(self, contact: int) -> Gift:
        given = self.cleaned_data
        return Gift(contact=contact, **given)


class FileForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("CSV file"))


class RulesForm(forms.Form):
    """Ceilings, and where people give."""

    per_person = EurosField(
        label=gettext_lazy("At most by one person"),
        required=False,
        help_text=gettext_lazy("Code électoral, art. L52-8: 4,600 € for one election. Empty: not watched."),
    )
    counts_from = forms.DateField(
        label=gettext_lazy("Gifts add up from"), required=False, widget=forms.DateInput(DAY)
    )
    cash = EurosField(
        label=gettext_lazy("At most in cash"),
        required=False,
        help_text=gettext_lazy("The same article: 150 €. Empty: not watched."),
    )
    page = forms.URLField(
        label=gettext_lazy("Page where people give"),
        required=False,
        max_length=300,
        assume_scheme="https",
        help_text=gettext_lazy("Of your agent. Gifts are told to the mailing whose link led there."),
    )

    def __init__(self, *args: Any, rule: DonationRule, **kwargs: Any) -> None:
        names = ("per_person", "counts_from", "cash", "page")
        super().__init__(*args, initial={name: getattr(rule, name) for name in names}, **kwargs)
