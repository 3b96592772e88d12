"""Forms of senders' domains."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from messaging.models import SenderDomain


class NewDomainForm(forms.Form):
    name = forms.CharField(
        label=_("Domain"),
        max_length=253,
        help_text=_("What stands after the @ in your senders’ addresses, such as example.org."),
    )


class DomainForm(forms.Form):
    """What a domain publishes besides its keys."""

    tracking_host = forms.CharField(
        label=_("Host for links and pictures"),
        max_length=253,
        required=False,
        help_text=_("A name below the domain, such as links.example.org. Empty: the address of this site."),
    )
    return_path_host = forms.CharField(
        label=_("Host for returns"),
        max_length=253,
        required=False,
        help_text=_("A name below the domain, such as returns.example.org. Empty: as the way out says."),
    )
    return_path_type = forms.ChoiceField(
        label=_("Returns are taken by"), choices=SenderDomain.ReturnPath.choices, required=False
    )
    return_path_target = forms.CharField(label=_("Name of that server"), max_length=253, required=False)
    spf_terms = forms.CharField(
        label=_("Servers allowed to send (SPF)"),
        max_length=400,
        required=False,
        help_text=_("Such as include:spf.example.net. Empty: worked out from the ways out of its senders."),
    )
    relay_selectors = forms.CharField(
        label=_("Selectors of your provider’s signature"),
        max_length=400,
        required=False,
        help_text=_("If your provider signs: the part before ._domainkey in the records it gives you."),
    )

    def __init__(self, *args: Any, domain: SenderDomain, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields:
            self.initial.setdefault(field, getattr(domain, field))
        self.initial["relay_selectors"] = " ".join(domain.relay_selectors)

    def values(self) -> dict[str, Any]:
        """As the service takes them."""
        found = dict(self.cleaned_data)
        found["relay_selectors"] = found["relay_selectors"].replace(",", " ").split()
        found["return_path_type"] = found["return_path_type"] or SenderDomain.ReturnPath.MX.value
        return found

    def tell(self, problems: dict[str, str]) -> None:
        for name, problem in problems.items():
            self.add_error(name if name in self.fields else None, problem)
