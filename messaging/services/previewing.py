"""A draft as a reader would receive it now, even while some of its blocks are still unfinished."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from campaign_crm.platform.models import Organisation
from contacts.enums import Channel, MessageKind
from contacts.models import Contact, Reach
from messaging.content.blocks import read_document, template_problems
from messaging.content.compile import CompiledMessage, compile_message
from messaging.content.conditions import segments_in
from messaging.content.errors import ContentError, Problem
from messaging.content.escaping import ContextKind
from messaging.content.fields import OPEN_PIXEL, TRACKED_LINK, example_values
from messaging.content.preview import Check, checks, render_preview
from messaging.content.recipients import RecipientData, recipient_context
from messaging.models import Campaign, CampaignVariant, SenderIdentity
from messaging.services.compiling import (
    Words,
    brand_of,
    custom_field_keys,
    languages_of,
    organisation_data,
    words_of_variant,
)
from messaging.services.origins import source_for
from messaging.services.reader_segments import kept_for, segment_problems, values_of
from messaging.services.recipients import Message, Wanted, load_recipients

EXAMPLE, EMPTY = "example", "empty"
"""Readers who are nobody: one of whom everything is known, one of whom nothing is."""

_PLACEHOLDER = "empty-message"
_OURS = ("organisation_", "sender_name", "language")  # variables that are known whoever reads
_BLANK_PICTURE = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


@dataclass(frozen=True, slots=True)
class Draft:
    """What is being written: a mailing's or a template's."""

    blocks: object
    subject: str
    preview_text: str
    kind: str = MessageKind.POLITICAL
    sender: SenderIdentity | None = None
    tracking: bool = True
    audience: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DraftPreview:
    """The draft as one reader gets it. `problems` keep it from leaving; `hidden`: blocks not shown yet."""

    subject: str
    preheader: str
    html: str
    text: str
    problems: list[Problem]
    checks: list[Check]
    hidden: int


def preview_draft(draft: Draft, *, reader: str = EXAMPLE) -> DraftPreview:
    """Compile what can be compiled and render it for `reader`: EXAMPLE, EMPTY or the id of a person."""
    extra = custom_field_keys()
    organisation = Organisation.current()
    problems = find_problems(draft, extra=extra)
    blocks, hidden = _without(draft.blocks, {problem.block_id for problem in problems})
    subject_fine = not any(problem.field == _("Subject") for problem in problems)
    text_fine = not any(problem.field == _("Preview text") for problem in problems)
    compiled = _compile(
        blocks or [_placeholder()],
        subject=draft.subject if subject_fine else _("(no subject)"),
        preview_text=draft.preview_text if text_fine else "",
        organisation=organisation,
        extra=extra,
        tracking=draft.tracking,
    )
    shown = render_preview(compiled, _context(compiled, draft, reader, organisation, extra))
    return DraftPreview(
        subject=shown.subject if subject_fine else "",
        preheader=shown.preheader if text_fine else "",
        html=_for_staff(shown.html),
        text=shown.text,
        problems=problems,
        checks=checks(compiled) if blocks else [],
        hidden=hidden,
    )


def draft_of(campaign: Campaign, variant: CampaignVariant | None = None) -> Draft:
    """What a mailing, or one version of it, says now and by whom."""
    words = Words(campaign.blocks, campaign.subject, campaign.preview_text)
    sender = campaign.sender
    if variant is not None and not variant.opted_out:
        words, sender = words_of_variant(campaign, variant), variant.sender or sender
    return Draft(*words, campaign.kind, sender, campaign.tracking, campaign.audience)


def preview_sent(
    campaign: Campaign, *, variant: CampaignVariant | None = None, reader: str = EXAMPLE
) -> DraftPreview:
    """A mailing that leaves or has left, from the content that was frozen: later edits of the organisation's
    look, name or address change nothing of it. `variant`: one version of it."""
    own = None if variant is None or variant.opted_out else variant.compiled
    compiled = CompiledMessage.from_json(own or campaign.compiled or {})
    draft = draft_of(campaign, variant)
    context = _context(compiled, draft, reader, Organisation.current(), custom_field_keys())
    shown = render_preview(compiled, dict.fromkeys(compiled.fields) | context)
    return DraftPreview(shown.subject, shown.preheader, _for_staff(shown.html), shown.text, [], [], 0)


def _for_staff(html: str) -> str:
    """The library's pictures by their path: staff may use another address than the public one."""
    return html.replace(f"{settings.PUBLIC_URL}/i/", "/i/")


def find_problems(draft: Draft, *, extra: tuple[str, ...]) -> list[Problem]:
    """Everything that keeps a draft from leaving, in reading order."""
    problems = []
    if not draft.subject.strip():
        problems.append(Problem(_("The subject is empty."), _("Subject")))
    problems += template_problems(draft.subject, ContextKind.HEADER, field=_("Subject"), extra=extra)
    problems += template_problems(draft.preview_text, ContextKind.TEXT, field=_("Preview text"), extra=extra)
    blocks, found = read_document(draft.blocks, extra=extra)
    found += segment_problems(blocks)
    if not blocks and not found:
        found.append(Problem(_("The message is empty: add a block.")))
    return problems + found


def _compile(
    blocks: list[Any],
    *,
    subject: str,
    preview_text: str,
    organisation: Organisation,
    extra: tuple[str, ...],
    tracking: bool,
) -> CompiledMessage:
    languages = languages_of(blocks, subject, preview_text, default=organisation.default_language)

    def compiled(document: list[Any]) -> CompiledMessage:
        return compile_message(
            document,
            subject=subject,
            preheader=preview_text,
            brand=brand_of(organisation),
            languages=languages,
            extra=extra,
            tracking=tracking,
        )

    try:
        return compiled(blocks)
    except ContentError:  # a fault that no single block is to blame for, such as too many of them
        return compiled([_placeholder()])


def _placeholder() -> dict[str, str]:
    words = _("Your message appears here as you write it.")
    return {"id": _PLACEHOLDER, "type": "text", "html": f"<p>{words}</p>", "align": "center"}


def _without(blocks: object, faulty: Collection[str]) -> tuple[list[Any], int]:
    """A copy of a block document without the blocks that have a fault, and how many were left out."""
    if not isinstance(blocks, list):
        return [], 0
    kept, hidden = [], 0
    for block in blocks:
        if not isinstance(block, Mapping) or block.get("id") in faulty:
            hidden += 1
            continue
        copy = dict(block)
        for name in ("left", "right", "otherwise"):
            if isinstance(copy.get(name), list):
                copy[name], inner = _without(copy[name], faulty)
                hidden += inner
        kept.append(copy)
    return kept, hidden


def _context(
    compiled: CompiledMessage,
    draft: Draft,
    reader: str,
    organisation: Organisation,
    extra: tuple[str, ...],
) -> dict[str, object]:
    segments = segments_in(draft.blocks)
    examples = example_values(links=compiled.last_link, extra=extra, segments=segments, known=reader != EMPTY)
    examples[OPEN_PIXEL] = _BLANK_PICTURE
    words = organisation_data(organisation, sender_name=draft.sender.from_name if draft.sender else "")
    person = None if reader in (EXAMPLE, EMPTY) else _person(reader, draft, compiled)
    if person is None:
        own = recipient_context(RecipientData(language=organisation.default_language), words)
        return examples | {name: own[name] for name in own if name.startswith(_OURS)}
    links = {
        name: examples[name] for name in examples if name.endswith("_url") or name.startswith(TRACKED_LINK)
    }
    known = recipient_context(person, words)
    made = {name: value for name, value in known.items() if value != ""}  # links are made when it leaves
    kept = kept_for(Contact(pk=int(reader)), draft.blocks)
    return dict.fromkeys(examples) | links | made | values_of(kept, agrees=person.targeting)


def _person(reader: str, draft: Draft, compiled: CompiledMessage) -> RecipientData | None:
    """What is known of a real person; None when nobody has this id."""
    if not reader.isdecimal() or len(reader) > 18:
        return None
    contact = Contact.objects.filter(pk=int(reader), erased_at__isnull=True).first()
    if contact is None:
        return None
    reach = Reach.objects.filter(contact=contact, channel=Channel.EMAIL).first()
    wanted = Wanted(
        contact=contact.pk,
        language=contact.language,
        source=source_for(contact, draft.audience),
        measured=bool(reach and reach.measurement),
    )
    message = Message(Channel.EMAIL, draft.kind, frozenset(compiled.fields), compiled.languages)
    return load_recipients([wanted], message)[0]
