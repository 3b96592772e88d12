"""What keeps a form from being published, and what its author should know: about the form as a whole."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from contacts.enums import Channel, ConsentPurpose
from messaging.content.errors import Problem
from tracking.enums import FormKind
from tracking.forms.block_types import CONSENT_BOXES
from tracking.forms.content import Block, Content

NEEDS_ANSWERS = {
    FormKind.SIGN_UP,
    FormKind.VOLUNTEER,
    FormKind.PETITION,
    FormKind.CONTACT,
    FormKind.WRONG_DATA,
}
QUESTION_OF = {Channel.EMAIL: "email", Channel.SMS: "phone", Channel.CALL: "phone"}


def faults_of(content: Content, *, kind: str) -> list[Problem]:
    """Problems of a form that can be read: a publication is refused while there is one."""
    problems = [*_address_faults(content, kind), *_consent_faults(content)]
    if content.redirect and not is_allowed(content.redirect):
        words = _("Pages after a form are on one of these websites: %(hosts)s.")
        hosts = ", ".join(settings.FORM_REDIRECT_HOSTS) or _("none is set (FORM_REDIRECT_HOSTS)")
        problems.append(Problem(words % {"hosts": hosts}, "redirect"))
    last = content.blocks[-1] if content.blocks else None
    if last is not None and last.type == "page":
        problems.append(_at(last, _("Nothing follows: move a block below, or delete this page."), "title"))
    return problems


def remarks_of(content: Content, *, newsletters: int) -> list[Problem]:
    """What may be meant so, and is worth a look."""
    remarks = [
        Problem(_("“%(text)s” has no text in the other language.") % {"text": content.said(text, "")}, name)
        for name, text in content.texts.items()
        if text and any(not text.get(code) for code in content.languages)
    ]
    boxes = content.of_type("consent")
    targets = [box for box in boxes if _purpose(box) == ConsentPurpose.TARGETING]
    if targets and not content.of_type("age"):
        words = _("Messages are chosen only for people of 17 or older: add the block “17 or older”.")
        remarks.append(_at(targets[0], words, "box"))
    for block in content.of_type("newsletters") if not newsletters else ():
        remarks.append(
            _at(block, _("No newsletter is chosen in the settings: this block shows nothing."), "type")
        )
    return remarks


def is_allowed(address: str) -> bool:
    """Whether people may be sent to this address after a form: https, on a host of FORM_REDIRECT_HOSTS."""
    parts = urlsplit(address)
    return (
        parts.scheme == "https"
        and "@" not in parts.netloc
        and "\\" not in address
        and parts.hostname in settings.FORM_REDIRECT_HOSTS
    )


def _address_faults(content: Content, kind: str) -> list[Problem]:
    if not content.of_type("email", "phone", "identity", "choice", "scale", "words"):
        return [Problem(_("The form asks nothing: add a block."))]
    if kind in NEEDS_ANSWERS and not content.of_type("email", "phone"):
        return [Problem(_("Ask for an e-mail or a phone number, or nobody can be answered."))]
    return []


def _consent_faults(content: Content) -> list[Problem]:
    problems, seen = [], set()
    for block in content.of_type("consent"):
        channel, _purpose, label = CONSENT_BOXES[block.values["box"]]
        if block.values["box"] in seen:
            problems.append(_at(block, _("This agreement is asked twice: delete one."), "box"))
        seen.add(block.values["box"])
        if not content.of_type(QUESTION_OF[channel]):
            words = _("“%(box)s” needs the matching question: add the block of the e-mail or of the phone.")
            problems.append(_at(block, words % {"box": label}, "box"))
    return problems


def _purpose(block: Block) -> ConsentPurpose:
    return CONSENT_BOXES[block.values["box"]][1]


def _at(block: Block, words: str, field: str) -> Problem:
    return Problem(words, field, block.id, str(block.position))
