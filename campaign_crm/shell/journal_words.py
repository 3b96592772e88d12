"""The other words of the journal: kinds of background work, things and fields, details."""

from __future__ import annotations

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from campaign_crm.shell.journal import Words

WORK: Words = {
    "contacts.erase_people": _("Erased people’s data being removed"),
    "contacts.export": _("Export"),
    "contacts.fill_communes": _("Communes recognised from addresses"),
    "contacts.import_preview": _("Preview of an import"),
    "contacts.import_run": _("Import"),
    "contacts.import_undo": _("Import being undone"),
    "contacts.refresh_households": _("Households being found"),
    "contacts.compare_people": _("Possible duplicates being looked for"),
    "contacts.make_answer": _("Answer to a request being made"),
    "contacts.recurring_look": _("Look at the place of a recurring import"),
    "contacts.look_at_retention": _("Data at its end being counted"),
    "contacts.purge": _("Data at its end being erased"),
    "messaging.count_costs": _("Costs of mailings being counted"),
    "tracking.tell_registered": _("Registered people of an event being written to"),
    "contacts.refresh_source": _("Reach of a source’s people worked out"),
    "contacts.type_extra_values": _("Extra fields read as what they are"),
    "tracking.give_people": _("People being given to somebody"),
    "tracking.send_written": _("Message of the team being sent"),
}

DETAILS: Words = {
    "document": _("document"),
    "part": _("part"),
    "told": _("told"),
    "addresses": _("addresses"),
    "after": _("after"),
    "age_from": _("from age"),
    "age_to": _("to age"),
    "account": _("way out"),
    "amount": _("amount"),
    "audience": _("recipients"),
    "before": _("before"),
    "bytes": _("bytes"),
    "came_by": _("came by"),
    "campaign": _("mailing"),
    "channel": _("channel"),
    "class": _("class"),
    "code": _("code"),
    "columns": _("columns"),
    "consent": _("consent"),
    "contact": _("person"),
    "decision": _("decision"),
    "electors": _("electors"),
    "ended": _("ended"),
    "expires_at": _("expires"),
    "form": _("form"),
    "gender": _("sex"),
    "frozen": _("electors in anonymous figures"),
    "event": _("event"),
    "heading": _("heading"),
    "kind": _("kind"),
    "messages": _("messages"),
    "round": _("round of voting"),
    "member": _("member"),
    "membership": _("membership"),
    "name": _("name"),
    "election": _("election"),
    "rulechange": _("rule"),
    "newsletter": _("newsletter"),
    "note": _("note"),
    "of": pgettext_lazy("journal", "copy of"),
    "opt_outs": _("refusals kept"),
    "people": _("people"),
    "place": _("place"),
    "point": _("address or number"),
    "points": _("addresses and numbers"),
    "purpose": _("purpose"),
    "reason": _("reason"),
    "recipients": _("recipients"),
    "registration": _("elector"),
    "request": _("request"),
    "relationship": _("relationship"),
    "role": _("role"),
    "rule": _("rule"),
    "rows": _("rows"),
    "scope": _("scope"),
    "scopes": _("rights"),
    "seed": _("seed"),
    "since": _("since"),
    "source": _("source"),
    "stay": _("people who stay"),
    "station": _("polling station"),
    "tag": _("tag"),
    "territory": _("territory"),
    "times": _("times"),
    "today": _("today"),
    "until": _("until"),
    "version": _("version"),
}


def work_words(kind: str) -> str:
    return str(WORK.get(kind, kind))


def thing_words(object_type: str, object_id: str) -> str:
    """`("contacts.contact", "12")` → "Person 12"."""
    model = _model(object_type)
    name = capfirst(str(model._meta.verbose_name)) if model else object_type
    return f"{name} {object_id}"


def field_words(object_type: str, name: str) -> str:
    """What a form calls a field of that kind of thing."""
    model = _model(object_type)
    try:
        return str(model._meta.get_field(name).verbose_name) if model else name
    except (FieldDoesNotExist, AttributeError):  # gone since, a part of the thing, or a relation
        return name


def detail_words(key: str, value: object) -> str:
    shown = ", ".join(map(str, value)) if isinstance(value, list) else "–" if value is None else str(value)
    return gettext("%(name)s: %(value)s") % {"name": DETAILS.get(key, key), "value": shown}


def _model(object_type: str) -> type[Model] | None:
    try:
        return apps.get_model(object_type)
    except (LookupError, ValueError):  # of an earlier version
        return None
