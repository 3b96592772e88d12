"""Why a row is refused. Rows keep a code and a detail; people read the sentence in their language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MAX_REASON = 200  # characters of ImportReject.reasons
SEPARATOR = ":"

SENTENCES: dict[str, str | Promise] = {
    "width": _("this line does not have the same number of columns as the header (%(detail)s)"),
    "bad_bytes": _(
        "some letters are in another encoding than the rest of the file: they are shown as Windows would, "
        "check them"
    ),
    "no_name": _("the name is missing"),
    "name_too_long": _("a name is too long"),
    "no_commune": _("the commune is missing"),
    "unknown_commune": _("no commune has the code %(detail)s"),
    "unknown_list": _(
        "unknown kind of list: %(detail)s. Write LP, LCM or LCE; if the whole file is one list, leave this "
        "column out and say which one"
    ),
    "no_person": _("it says “%(detail)s”: this is no person"),
    "nobody": _("no name, e-mail address or phone number"),
    "bad_email": _("“%(detail)s” is not an e-mail address"),
    "bad_phone": _("“%(detail)s” is not a phone number"),
    "future_date": _("“%(detail)s” has not come yet"),
    "left_early": _("they would have left (%(detail)s) before they joined"),
    "extra_number": _("“%(detail)s” is not a number"),
    "extra_date": _("“%(detail)s” is not a date"),
    "year_only": _("“%(detail)s” is not a date: only its year is kept"),
    "extra_boolean": _("“%(detail)s” is neither yes nor no"),
    "extra_choice": _("“%(detail)s” is none of the choices of this extra field"),
    "no_address": _("no e-mail address, phone number or hash"),
    "no_objection": _("it says “%(detail)s”: this is no objection"),
    "bad_digest": _("“%(detail)s” is not a hash of this kind"),
    "other_key": _("this hash was made with the secret key of another installation"),
    "unknown_channel": _("unknown channel: %(detail)s"),
    "rest_taken": _("the rest of this row was taken"),
}


def reason(code: str, detail: str = "") -> str:
    """Return what a row keeps: "unknown_commune:99999"."""
    return f"{code}{SEPARATOR}{detail}"[:MAX_REASON] if detail else code


def sentence(kept: str) -> str:
    """Return the sentence of a kept reason, in the language of the moment."""
    code, _separator, detail = kept.partition(SEPARATOR)
    text = SENTENCES.get(code)
    return kept if text is None else str(text) % {"detail": detail}
