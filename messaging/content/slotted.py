"""Messages as slots: text shared by a whole campaign, and a few values a recipient, for providers of batches.

The texts are those of `messaging.content.mime`, joined by the provider instead of here. Header fields too,
but Message-ID and Date, which such providers write themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from messaging.content.compile import CompiledMessage
from messaging.content.escaping import for_header
from messaging.content.fields import is_own_address
from messaging.content.headers import LONGEST_NAME, checked_address
from messaging.content.mime import SenderData
from messaging.content.rendering import message_template
from messaging.content.slots import Slot, SlotTemplate

_URL = re.compile(r"https?://[!-;=?-~]+")  # printable ASCII without < and >

Parts = tuple[str | int, ...]


class SlottedMessage:
    """The texts of one campaign with numbers for slots, and how a recipient's values fill them.

    Slots: the subject (0, when it differs a recipient), those of the HTML part, then those of the text part
    that the HTML part does not have already. `headers`: the same for every message. Arguments are those of
    `MessageBuilder`.
    """

    def __init__(
        self,
        compiled: CompiledMessage,
        sender: SenderData,
        *,
        service: bool = False,
        by_hand: bool = False,
        feedback_id: str = "",
    ) -> None:
        template = message_template(compiled)
        self.from_name = for_header(sender.name)[:LONGEST_NAME]
        self.from_address = checked_address(sender.address)
        self.reply_to = checked_address(sender.reply_to) if sender.reply_to else ""
        self.headers = _headers(service=service, by_hand=by_hand, feedback_id=feedback_id)
        self._subject_is_slot = bool(template.subject.order)
        self.subject: Parts = (0,) if self._subject_is_slot else (for_header(template.subject.segments[0]),)
        first = len(self.subject) if self._subject_is_slot else 0
        html = [first + number for number in range(len(template.html.slots))]
        shared = {
            slot.name: number
            for slot, number in zip(template.html.slots, html, strict=True)
            if is_own_address(slot.name)  # letters that no context escapes: both parts share one value
        }
        self._template = template
        self._own_text: list[Slot] = []
        text = []
        for slot in template.text.slots:
            if slot.name in shared:
                text.append(shared[slot.name])
            else:
                text.append(first + len(html) + len(self._own_text))
                self._own_text.append(slot)
        self.html = _numbered(template.html, html)
        self.text = _numbered(template.text, text)

    def slots(self, context: Mapping[str, object]) -> tuple[str, ...]:
        """One recipient's values, by slot number; raises `ContentError` when the context is incomplete."""
        template = self._template
        html = template.html.render_values(context)
        text = template.text.render_values(context, self._own_text)
        if not self._subject_is_slot:
            return (*html, *text)
        return (for_header(template.subject.render(context)), *html, *text)


def own_headers(unsubscribe_url: str, in_reply_to: str = "") -> dict[str, str]:
    """The header fields of one recipient: the one-click way out (RFC 8058), both fields together, and the
    message that it answers."""
    thread = {"In-Reply-To": in_reply_to, "References": in_reply_to} if in_reply_to else {}
    if not unsubscribe_url:
        return thread
    if not _URL.fullmatch(unsubscribe_url):
        raise ValueError("An unsubscribe address is an http or https address in ASCII.")
    return {
        "List-Unsubscribe": f"<{unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    } | thread


def _headers(*, service: bool, by_hand: bool, feedback_id: str) -> dict[str, str]:
    found: dict[str, str] = {}
    if not by_hand:
        found |= {"Auto-Submitted": "auto-generated"} if service else {"Precedence": "bulk"}
        found["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    if feedback_id:
        found["Feedback-ID"] = feedback_id
    return found


def _numbered(template: SlotTemplate, numbers: Sequence[int]) -> Parts:
    found: list[str | int] = [template.segments[0]]
    for slot, segment in zip(template.order, template.segments[1:], strict=True):
        found += [numbers[slot], segment]
    return tuple(part for part in found if part != "")
