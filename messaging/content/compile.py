"""From blocks to a compiled message: MJML → HTML → inlined CSS → numbered links → Liquid.

Compiled once a campaign. The result is plain data, kept on the campaign; `messaging.content.rendering` makes
each recipient's message from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import css_inline
from django.utils.translation import gettext as _
from django.utils.translation import override
from mjml import mjml2html

from messaging.content.blocks import Block, parse_document, template_problems
from messaging.content.brand import Brand
from messaging.content.conditions import segments_in
from messaging.content.errors import ContentError, Problem
from messaging.content.escaping import ContextKind, for_header
from messaging.content.fields import HIDDEN_LINK, OPEN_PIXEL, compiled_names, example_values
from messaging.content.footer import Notice, make_footer
from messaging.content.links import Link, LinkBook
from messaging.content.liquid import FILTERS
from messaging.content.markup import BODY_WIDTH, Picture, Writer
from messaging.content.masks import Masks
from messaging.content.slots import compile_slots
from messaging.content.syntax import faults_in, has_liquid
from messaging.content.utm import UtmTags

LONGEST_SUBJECT = 200

# Nothing is fetched: a style sheet elsewhere would be a request made by whoever wrote the text.
_INLINER = css_inline.CSSInliner(
    inline_style_tags=True, keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False
)
_STYLE = """
.rich h1 { margin: 0; font-size: 28px; line-height: 1.25; }
.rich h2 { margin: 0; font-size: 22px; line-height: 1.3; }
.rich h3 { margin: 0; font-size: 18px; line-height: 1.35; }
.rich p { margin: 0 0 12px; }
.rich ul, .rich ol { margin: 0 0 12px; padding: 0 0 0 24px; }
.rich p:last-child, .rich ul:last-child, .rich ol:last-child { margin-bottom: 0; }
.rich a { color: %(link)s; text-decoration: underline; }
.foot p { margin: 0 0 10px; }
.foot a { color: #374151; text-decoration: underline; }
"""


@dataclass(frozen=True, slots=True)
class CompiledMessage:
    """One message, ready for any recipient. `html`, `text` and `subject` are Liquid templates.

    `links`: every link in reading order, tracked ones numbered from 1 (`{{ link_1 }}`…). `fields`: names that
    a recipient's context must hold. Sizes are bytes of UTF-8 with example values. `version` changes with
    anything that a reader could see.
    """

    subject: str
    preheader: str
    html: str
    text: str
    links: tuple[Link, ...]
    pictures: tuple[Picture, ...]
    fields: tuple[str, ...]
    languages: tuple[str, ...]
    tracking: bool
    html_bytes: int
    text_bytes: int
    version: str

    @property
    def tracked_links(self) -> tuple[Link, ...]:
        """Links whose clicks are counted, by number."""
        return tuple(link for link in self.links if link.is_tracked)

    @property
    def last_link(self) -> int:
        """The highest number of a tracked link; 0 without any. Versions of a message leave some out."""
        return max((link.number for link in self.tracked_links), default=0)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CompiledMessage:
        """Read what `as_json` made, possibly through a database."""
        return cls(
            **{
                **data,
                "links": tuple(Link(**link) for link in data["links"]),
                "pictures": tuple(Picture(**picture) for picture in data["pictures"]),
                "fields": tuple(data["fields"]),
                "languages": tuple(data["languages"]),
            }
        )


def compile_message(
    document: object,
    *,
    subject: str,
    brand: Brand,
    preheader: str = "",
    languages: tuple[str, ...] = ("fr",),
    extra: Iterable[str] = (),
    tracking: bool = True,
    numbered: Iterable[Link] = (),
    utm: UtmTags | None = None,
    notice: Notice | None = None,
) -> CompiledMessage:
    """Compile a block document; raises `ContentError` with every problem found.

    `languages`: those that the message speaks, its own first. `extra`: slugs of the custom fields. Without
    `tracking`, links stay as they are, and there is no pixel and no hidden link. `numbered`: tracked links of
    the message's other versions, whose numbers this one keeps to. `utm`: tags for web statistics, put in
    every web address. `notice`: the transparency notice that it owes, if any.
    """
    extra = tuple(extra)
    subject, preheader = for_header(subject), for_header(preheader)
    blocks = _checked_blocks(document, subject, preheader, brand, extra)
    seed = json.dumps([block.as_json() for block in blocks], sort_keys=True) + subject + preheader
    masks, links = Masks(seed), LinkBook(tracking=tracking, known=numbered, utm=utm)
    writer = Writer(brand, masks, links)
    with override(languages[0]):
        body, body_text = writer.body(blocks)
        footer = make_footer(brand, masks, languages=languages, tracking=tracking, notice=notice)
    mjml = _document(
        head=_head(brand, masks, subject=subject, preheader=preheader),
        body=_logo(brand, masks) + body + footer.mjml + (_counting(masks) if tracking else ""),
        language=languages[0],
        background=brand.background_colour,
    )
    return _finished(
        subject=subject,
        preheader=preheader,
        html=masks.show(_INLINER.inline(mjml2html(mjml, disable_comments=True, fonts={}))),
        text=body_text + footer.text,
        links=links,
        pictures=writer.pictures,
        languages=languages,
        extra=extra,
        segments=segments_in(document),
    )


def _checked_blocks(
    document: object, subject: str, preheader: str, brand: Brand, extra: tuple[str, ...]
) -> tuple[Block, ...]:
    problems = []
    if not subject:
        problems.append(Problem(_("The subject is empty."), _("Subject")))
    if len(subject) > LONGEST_SUBJECT:
        problems.append(Problem(_("The subject is too long: 200 characters at most."), _("Subject")))
    problems += template_problems(subject, ContextKind.HEADER, field=_("Subject"), extra=extra)
    problems += template_problems(preheader, ContextKind.TEXT, field=_("Preview text"), extra=extra)
    if any(has_liquid(part) for part in (brand.name, brand.legal_name, brand.address, brand.privacy_url)):
        problems.append(Problem(_("The organisation's name and address cannot hold {{ or {%.")))
    try:
        blocks = parse_document(document, extra=extra)
    except ContentError as error:
        raise ContentError([*problems, *error.problems]) from None
    if problems:
        raise ContentError(problems)
    return blocks


def _finished(
    *,
    subject: str,
    preheader: str,
    html: str,
    text: str,
    links: LinkBook,
    pictures: list[Picture],
    languages: tuple[str, ...],
    extra: tuple[str, ...],
    segments: frozenset[int],
) -> CompiledMessage:
    names = compiled_names(links.last, extra, segments)
    templates = {ContextKind.HTML: html, ContextKind.TEXT: text, ContextKind.HEADER: subject}
    for kind, source in templates.items():
        if faults := faults_in(source, kind, names=names, filters=FILTERS):
            raise ContentError(Problem(fault.message) for fault in faults)
    slots = {kind: compile_slots(source, kind) for kind, source in templates.items()}
    sizes = {}
    for known in (False, True):  # both kinds of readers, so that no branch fails later
        values = example_values(links=links.last, extra=extra, segments=segments, known=known)
        sizes = {kind: len(template.render(values).encode()) for kind, template in slots.items()}
    return CompiledMessage(
        subject=subject,
        preheader=preheader,
        html=html,
        text=text,
        links=tuple(links.links),
        pictures=tuple(pictures),
        fields=tuple(sorted(frozenset[str]().union(*(template.fields for template in slots.values())))),
        languages=languages,
        tracking=links.tracking,
        html_bytes=sizes[ContextKind.HTML],
        text_bytes=sizes[ContextKind.TEXT],
        version=hashlib.sha256("\0".join((subject, html, text)).encode()).hexdigest()[:16],
    )


def _document(*, head: str, body: str, language: str, background: str) -> str:
    return (
        f'<mjml lang="{language}">{head}'
        f'<mj-body width="{BODY_WIDTH}px" background-color="{background}">{body}</mj-body></mjml>'
    )


def _head(brand: Brand, masks: Masks, *, subject: str, preheader: str) -> str:
    preview = f"<mj-preview>{masks.text(preheader)}</mj-preview>" if preheader else ""
    return (
        f"<mj-head><mj-title>{masks.text(subject)}</mj-title>{preview}<mj-attributes>"
        f'<mj-all font-family="{brand.font}" />'
        f'<mj-text font-size="16px" line-height="1.5" color="{brand.text_colour}" />'
        '<mj-button font-size="16px" font-weight="bold" border-radius="4px" inner-padding="14px 26px" />'
        f"</mj-attributes><mj-style>{_STYLE % {'link': brand.link_colour}}</mj-style></mj-head>"
    )


def _logo(brand: Brand, masks: Masks) -> str:
    if not brand.logo_url:
        return ""
    image = f'<mj-image src="{masks.text(brand.logo_url)}" alt="{masks.text(brand.name)}" width="160px" />'
    return f'<mj-section padding="16px 0"><mj-column>{image}</mj-column></mj-section>'


def _counting(masks: Masks) -> str:
    """The pixel, and a link without words that no reader sees, hears or tabs to: robots follow it.

    The link is not in the part of plain text, where everybody would see it.
    """
    target, source = masks.hide("{{ " + HIDDEN_LINK + " }}"), masks.hide("{{ " + OPEN_PIXEL + " }}")
    hidden = 'style="display:none;mso-hide:all" aria-hidden="true" tabindex="-1" rel="nofollow"'
    link = f'<mj-raw><a href="{target}" {hidden}></a></mj-raw>'
    return link + f'<mj-raw><img src="{source}" width="1" height="1" alt="" style="display:block" /></mj-raw>'
