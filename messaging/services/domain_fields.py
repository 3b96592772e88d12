"""What is typed about a sender's domain, checked before it is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypedDict

from django.conf import settings
from django.utils.translation import gettext as _

from contacts.services.addresses import InvalidAddress, normalise_email
from messaging.errors import MessagingError
from messaging.models import SenderDomain

_TERM = re.compile(
    r"[+?~-]?(?:(?:include|a|mx|exists|redirect)(?:[:=/][\w.%{}/:-]+)?|ip[46]:[0-9a-fA-F.:/]+)"
)
_SELECTOR = re.compile(r"[a-z0-9]([a-z0-9_.-]{0,61}[a-z0-9])?")


class DomainInvalid(MessagingError):
    """Something about a domain cannot be; `problems` maps the field to what is wrong."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


class DomainFields(TypedDict, total=False):
    return_path_host: str
    return_path_type: str
    return_path_target: str
    tracking_host: str
    spf_terms: str
    relay_selectors: Sequence[str]


def fill(domain: SenderDomain, fields: DomainFields) -> None:
    """Put checked values in; raises DomainInvalid with every field that is wrong."""
    problems: dict[str, str] = {}
    for name in ("return_path_host", "return_path_target", "tracking_host"):
        if name in fields:
            try:
                value = str(fields[name]).strip()
                setattr(domain, name, checked_name(value, name) if value else "")
            except DomainInvalid as error:
                problems |= error.problems
    if "return_path_type" in fields:
        domain.return_path_type = fields["return_path_type"]
    if "spf_terms" in fields:
        domain.spf_terms = " ".join(fields["spf_terms"].split())
    if "relay_selectors" in fields:
        domain.relay_selectors = [word.lower() for word in fields["relay_selectors"] if word]
    problems = _faults(domain) | problems
    if problems:
        raise DomainInvalid(problems)


def _faults(domain: SenderDomain) -> dict[str, str]:
    found = {}
    for name in ("return_path_host", "tracking_host"):
        value = getattr(domain, name)
        if value and not value.endswith(f".{domain.name}"):
            text = _("A name below the domain, such as %(example)s.")
            start = "returns" if name == "return_path_host" else "links"
            found[name] = text % {"example": f"{start}.{domain.name}"}
        elif value and SenderDomain.objects.exclude(pk=domain.pk).filter(**{name: value}).exists():
            found[name] = _("Another domain has this host.")
    if domain.tracking_host in settings.ALLOWED_HOSTS and domain.tracking_host:
        found["tracking_host"] = _("Your team signs in at this host: links need one of their own.")
    if domain.tracking_host and domain.tracking_host == domain.return_path_host:
        found["tracking_host"] = _("Links and returns each need a host of their own.")
    if domain.return_path_host and not domain.return_path_target:
        found["return_path_target"] = _("Say which server takes the returns.")
    if any(not _TERM.fullmatch(term) for term in domain.spf_terms.split()):
        found["spf_terms"] = _("Write terms of SPF, such as include:spf.example.net or ip4:192.0.2.1.")
    if any(not _SELECTOR.fullmatch(word) for word in domain.relay_selectors):
        found["relay_selectors"] = _("A selector is made of letters, digits and dashes.")
    return found


def checked_name(text: str, field: str) -> str:
    """A domain name in ASCII and lower case, as a part of an address; raises DomainInvalid."""
    try:
        return normalise_email(f"postmaster@{text.strip().rstrip('.')}").rpartition("@")[2]
    except InvalidAddress:
        raise DomainInvalid({field: _("This is not a domain name.")}) from None
