"""Rules, purges and certificates in words."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.enums import Relationship, RetentionRuleName, SourceKind
from contacts.models import PurgeCertificate
from contacts.retention.rules import Term

GONE_WORDS = {
    "electors": lambda: _("Electors erased"),
    "people": lambda: _("People erased"),
    "stay": lambda: _("People who stay, without what the file said of them"),
    "points": lambda: _("Addresses and numbers erased"),
    "opt_outs": lambda: _("Refusals kept as hashes"),
    "frozen": lambda: _("Electors counted in the anonymous figures"),
}


def how_long(rule: str, amount: int | None) -> str:
    """`30 days after the vote`."""
    if amount is None:
        return _("stays")
    if rule == RetentionRuleName.ROLL:
        return ngettext("%(n)s day after the last vote", "%(n)s days after the last vote", amount) % {
            "n": amount
        }
    if rule == RetentionRuleName.RENTAL:
        return _("at the end of the licence")
    return ngettext(
        "%(n)s month after the last sign of life", "%(n)s months after the last sign of life", amount
    ) % {"n": amount}


def whom(term: Term) -> str:
    """`Members`, `Form`, `Form, members`; everybody where the term names nothing."""
    named = [
        str(SourceKind(term.kind).label) if term.kind else "",
        str(Relationship(term.relationship).label) if term.relationship else "",
    ]
    return ", ".join(filter(None, named)) or _("Everybody")


def terms_words(rule: str, terms: dict[str, Any]) -> str:
    """The rule that a purge followed, in a sentence."""
    if rule == RetentionRuleName.ROLL:
        told = {"day": _day(terms["last_vote"]), "long": how_long(rule, terms["days"])}
        return _("Roll kept for the vote of %(day)s; it goes %(long)s.") % told
    if rule == RetentionRuleName.RENTAL:
        return _("Rented file whose licence ended on %(day)s.") % {"day": _day(terms["licence_ends_on"])}
    limited = sorted({months for _kind, _relationship, months in terms["months"] if months is not None})
    return _(
        "Nobody heard of them for %(months)s months, by where they came from and what they are to us."
    ) % {"months": ", ".join(map(str, limited))}


def certificate_facts(certificate: PurgeCertificate) -> list[tuple[str, str]]:
    """What a certificate says, line by line."""
    content = certificate.content
    facts = [(_("Number"), str(certificate.pk))]
    if certificate.source_name:
        kind = SourceKind(content["source_kind"]).label
        facts.append((_("Source"), f"{certificate.source_name} ({kind})"))
    facts += [
        (_("Rule"), terms_words(content["rule"], content["terms"])),
        (_("Announced"), _moment(content["announced_at"])),
        (_("Begun"), _moment(content["began_at"])),
        (_("Ended"), _moment(content["ended_at"])),
    ]
    facts += [
        (words(), number_format(content["gone"][name], force_grouping=True))
        for name, words in GONE_WORDS.items()
        if name in content["gone"]
    ]
    facts += [
        (_("Keyed hash of the ids"), bytes(certificate.ids_digest).hex() or "–"),
        (_("Seal"), bytes(certificate.seal).hex()),
    ]
    return facts


def _day(text: str) -> str:
    return date_format(date.fromisoformat(text))


def _moment(text: str | None) -> str:
    if text is None:
        return "–"
    return date_format(timezone.localtime(datetime.fromisoformat(text)), "DATETIME_FORMAT")
