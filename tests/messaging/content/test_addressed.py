"""Counted links and the pixel of a message: one value a recipient, whatever their number."""

import re
from datetime import UTC, date, datetime

from messaging.content.addresses import HIDDEN_LINK, read_hit
from messaging.content.compile import compile_message
from messaging.content.public_links import addressed
from messaging.content.rendering import message_template
from messaging.content.slotted import SlottedMessage
from messaging.content.tokens import AnonymousMark, ClickToken, OpenToken, sign_message
from tests.messaging.content.test_mime import SENDER

CRM = "https://crm.example.org"
MARK = AnonymousMark(date(2027, 3, 1), 42, "60", datetime(2027, 3, 4, 19, 30, tzinfo=UTC))
BLOCKS = [
    {"id": "a", "type": "button", "label": "Lire", "url": "https://example.org/a"},
    {"id": "b", "type": "button", "label": "Agir", "url": "https://example.org/b"},
    {
        "id": "t",
        "type": "text",
        "html": '<p>{% if first_name %}<a href="https://example.org/c">Ici</a>{% endif %}</p>',
    },
]


def test_each_link_and_the_pixel_say_the_same_message(brand, reader_context) -> None:
    compiled = compile_message(BLOCKS, subject="Bonjour", brand=brand)
    template = message_template(addressed(compiled, CRM, campaign=42))
    context = {**reader_context, "message_token": sign_message(MARK)}
    for kind in (template.html, template.text):
        assert not any(name.startswith("link_") for name in kind.fields)
        found = re.findall(rf"{CRM}/c/([\w/-]+)", kind.render(context))
        numbers = (1, 2, 3, HIDDEN_LINK) if kind is template.html else (1, 2, 3)
        assert [read_hit(text) for text in found] == [ClickToken(MARK, number) for number in numbers]
    (pixel,) = re.findall(rf"{CRM}/o/([\w-]+)\.gif", template.html.render(context))
    assert read_hit(pixel) == OpenToken(MARK)


def test_a_link_more_costs_no_value_more(brand) -> None:
    """What a provider of batches is given a recipient does not grow with the links of the message."""
    sizes = []
    for blocks in (BLOCKS[:1], BLOCKS[:2]):
        compiled = addressed(compile_message(blocks, subject="Bonjour", brand=brand), CRM, campaign=42)
        slotted = SlottedMessage(compiled, SENDER)
        sizes.append(len({part for part in (*slotted.html, *slotted.text) if isinstance(part, int)}))
    assert sizes[0] == sizes[1]
