"""What the composer edits: a mailing or a template, behind one face, with its content as plain JSON."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from campaign_crm.platform.models import User
from campaign_crm.platform.walls import current_scope
from messaging.content.blocks import read_document
from messaging.content.errors import ContentError
from messaging.content.utm import clean_tag
from messaging.enums import CampaignState
from messaging.errors import MessagingError
from messaging.models import Campaign, SenderIdentity, Template
from messaging.services.campaigns import update_campaign
from messaging.services.compiling import custom_field_keys
from messaging.services.previewing import Draft, DraftPreview, draft_of, preview_draft, preview_sent
from messaging.services.templates import update_template

STRUCTURE = {"id", "type"}  # faults that no form can show: such a document is refused, not kept


class Unreadable(MessagingError):
    """What the browser sent is not the content of a message; the message says what is wrong."""


class Document(ABC):
    """`content` is what the composer shows and sends back: JSON values only."""

    is_template = False

    @property
    @abstractmethod
    def name(self) -> str: ...

    @property
    @abstractmethod
    def revision(self) -> int: ...

    @abstractmethod
    def content(self) -> dict[str, Any]: ...

    @abstractmethod
    def draft(self) -> Draft: ...

    def preview(self, reader: str) -> DraftPreview:
        """As one reader gets it; raises ContentError."""
        return preview_draft(self.draft(), reader=reader)

    def limits(self) -> dict[str, Any]:
        """What the composer's script is told of a message laid out by somebody else: `fixed`, `national`."""
        return {}

    @abstractmethod
    def save(self, content: dict[str, Any], *, revision: int, by: User) -> None:
        """Write; raises EditedMeanwhile on another revision, MessagingError or ValidationError."""

    @abstractmethod
    def url(self, page: str) -> str:
        """The address of one of its pages: compose, save, check or preview."""


class PartDocument(Document):
    """A document that belongs to a mailing and says a part of it otherwise."""

    campaign: Campaign


class CampaignDocument(Document):
    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign

    @property
    def name(self) -> str:
        return self.campaign.name

    @property
    def revision(self) -> int:
        return self.campaign.revision

    def content(self) -> dict[str, Any]:
        campaign = self.campaign
        return {
            "name": campaign.name,
            "sender": str(campaign.sender_id or ""),
            "subject": campaign.subject,
            "preview_text": campaign.preview_text,
            "tracking": campaign.tracking,
            "utm_campaign": campaign.utm_campaign,
            "blocks": campaign.blocks,
        }

    def draft(self) -> Draft:
        return draft_of(self.campaign)

    def preview(self, reader: str) -> DraftPreview:
        if self.campaign.compiled and not self.campaign.is_editable:
            return preview_sent(self.campaign, reader=reader)
        return super().preview(reader)

    def limits(self) -> dict[str, Any]:
        return {"fixed": True} if self.campaign.from_kit else {}

    def save(self, content: dict[str, Any], *, revision: int, by: User) -> None:
        values = read_content(content)
        sender = content.get("sender")
        values["sender"] = None
        if isinstance(sender, str) and sender.isdecimal() and len(sender) < 19:
            values["sender"] = SenderIdentity.objects.filter(pk=int(sender)).first()
        values["tracking"] = bool(content.get("tracking"))
        utm = content.get("utm_campaign")
        values["utm_campaign"] = clean_tag(utm) if isinstance(utm, str) else ""
        self.campaign = update_campaign(campaign=self.campaign, revision=revision, by=by, **values)

    def url(self, page: str) -> str:
        return reverse(f"messaging:campaign_{page}", args=[self.campaign.pk])


class TemplateDocument(Document):
    is_template = True

    def __init__(self, template: Template) -> None:
        self.template = template

    @property
    def name(self) -> str:
        return self.template.name

    @property
    def revision(self) -> int:
        return self.template.revision

    def content(self) -> dict[str, Any]:
        template = self.template
        return {
            "name": template.name,
            "subject": template.subject,
            "preview_text": template.preview_text,
            "blocks": template.blocks,
        }

    def draft(self) -> Draft:
        return Draft(self.template.blocks, self.template.subject, self.template.preview_text)

    def save(self, content: dict[str, Any], *, revision: int, by: User) -> None:
        values = read_content(content)
        self.template = update_template(template=self.template, revision=revision, by=by, **values)

    def url(self, page: str) -> str:
        return reverse(f"messaging:template_{page}", args=[self.template.pk])


def find_document(kind: str, pk: int) -> Document:
    """The mailing (not a service message's) or template of that number; raises Http404."""
    if kind == "template":
        template = Template.objects.filter(pk=pk).first()
        if template is not None and current_scope() is None:  # templates are the whole country's
            return TemplateDocument(template)
    else:
        mailings = Campaign.objects.filter(standing_for="").select_related("sender", "operation", "territory")
        campaign = mailings.filter(pk=pk).first()
        if campaign is not None:
            return CampaignDocument(campaign)
    raise Http404


def may_be_written(document: Document) -> bool:
    """A template always; a mailing until it begins to leave."""
    if isinstance(document, CampaignDocument):
        return document.campaign.state in (CampaignState.DRAFT, CampaignState.SCHEDULED)
    return True


def read_content(content: object) -> dict[str, Any]:
    """Name, subject, preview text and clean blocks of what the browser sent; raises Unreadable.

    A draft may have faults that its author will mend; a document that cannot even be drawn is refused.
    """
    if not isinstance(content, dict):
        raise Unreadable(_("The message must be an object."))
    values: dict[str, Any] = {}
    for name, label, most in (
        ("name", _("Name"), 150),
        ("subject", _("Subject"), 200),
        ("preview_text", _("Preview text"), 200),
    ):
        text = content.get(name, "")
        if not isinstance(text, str) or len(text) > most:
            message = _("%(field)s: write a text of at most %(most)s characters.")
            raise Unreadable(message % {"field": label, "most": most})
        values[name] = " ".join(text.split())
    if not values["name"]:
        del values["name"]  # emptied for a moment, while another is typed
    values["blocks"] = read_blocks(content.get("blocks"))
    return values


def read_blocks(sent: object) -> list[Any]:
    """Clean blocks of what the browser sent; raises Unreadable for what cannot even be drawn."""
    blocks, problems = read_document(sent, extra=custom_field_keys())
    broken = [problem for problem in problems if problem.field in STRUCTURE or not problem.field]
    if broken:
        raise Unreadable(str(ContentError(broken)))
    return [block.as_json() for block in blocks]


def said(error: MessagingError | ValidationError) -> str:
    """The words of an error, for people."""
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
