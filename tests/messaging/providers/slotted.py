"""Slotted batches as the outbox makes them, and what each of their messages must read like."""

from __future__ import annotations

from typing import Any

from messaging.providers.base import Batch, OutgoingMessage, SharedContent
from messaging.providers.http.template import joined

# What providers' template languages would take for their own.
SYNTAX = (
    "{{ x }} {{params.x}} {{{x}}} {% if x %} {# x #} }} %recipient% %recipient.x% %unsubscribe_url%"
    " <%unsubscribe%> [[var:x]] \\"
)
HTML = (
    "<style>@media x{a{b:c}}</style><p>",
    0,
    "</p>{",
    1,
    "}\\",
    1,
    f'<i>{SYNTAX}</i><a href="',
    2,
    '">x</a>',
)
TEXT = ("Dear ", 3, f"! {SYNTAX}\n", 2, "\n")
SUBJECT = ("For ", 4, " & co {{ y }} %recipient.y%")


def make_shared(**more: Any) -> SharedContent:
    wanted: dict[str, Any] = {
        "from_name": "Équipe, de campagne",
        "from_address": "news@example.org",
        "subject": SUBJECT,
        "html": HTML,
        "text": TEXT,
        "reply_to": "answers@example.org",
        "headers": {"Feedback-ID": "42:mailing:example.org", "X-Auto-Response-Suppress": "OOF, AutoReply"},
        "mailing": "42-x",
    }
    return SharedContent(**(wanted | more))


def make_message(number: int, **more: Any) -> OutgoingMessage:
    return OutgoingMessage(
        key=f"{number:061d}".translate(str.maketrans("0189", "abcd")),
        sender="news@example.org",
        recipient=f"person{number}@example.com",
        slots=(
            f"Chère Zoé&#x27;{number} &amp; &lt;b&gt; {{{{params.s1}}}} %recipient.s1%",
            f"v{number}",
            f"https://example.org/c/{number}",
            f'Zoé\'{number} & <b> "é"',
            f"Zoé'{number} & <b>",
        ),
        headers={
            "List-Unsubscribe": f"<https://example.org/u/{number}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )._replace(**more)


def make_batch(count: int, shared: SharedContent | None = None, **more: Any) -> Batch:
    return Batch([make_message(number, **more) for number in range(count)], shared or make_shared())


def read_like(batch: Batch, number: int) -> tuple[str, str, str]:
    """Subject, HTML and text as the reader of one message must get them."""
    assert batch.shared is not None
    slots = batch.items[number].slots
    shared = batch.shared
    return joined(shared.subject, slots), joined(shared.html, slots), joined(shared.text, slots)
