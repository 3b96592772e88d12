"""The composer: blocks on one side, the message as a reader gets it on the other."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.enums import TerritoryKind
from contacts.models import CustomField, Segment, Territory
from messaging.content.block_types import BLOCK_TYPES, BlockType, FieldSpec
from messaging.content.conditions import DEPARTMENT, REGION
from messaging.content.fields import FIELDS, GROUP_LABELS, Group, MergeField, extra_field
from messaging.models import Campaign, SenderIdentity
from messaging.services.recipients import knows_events
from messaging.services.variants import senders_for
from messaging.views.composer_words import composer_words
from messaging.views.documents import CampaignDocument, Document, find_document, may_be_written
from messaging.views.drafts import check_of

ICONS = {
    "heading": "heading",
    "text": "text-align-start",
    "image": "image",
    "button": "mouse-pointer-click",
    "divider": "separator-horizontal",
    "spacer": "space",
    "columns": "columns-2",
    "card": "calendar",
    "signature": "signature",
}


class Composer(StaffView, TemplateView):
    """Write a mailing or a template. `kind` of the URL says which."""

    right_required = Right.EDIT_CAMPAIGN
    in_territory = True
    template_name = "messaging/compose.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_be_written(self._document()):
            return redirect("messaging:campaign", pk=kwargs["pk"])
        return super().get(request, *args, **kwargs)

    def get_title(self) -> str:
        return self._document().name

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        if self._document().is_template:
            return [(_("Templates"), reverse("messaging:templates"))]
        return [(_("Mailings"), reverse("messaging:campaigns"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        document = self._document()
        campaign = document.campaign if isinstance(document, CampaignDocument) else None
        return super().get_context_data(
            document=document,
            campaign=campaign,
            step="compose",
            senders=senders_of_mailing(campaign) if campaign else [],
            data=composer_data(document, self.request.user),
            is_scheduled=campaign is not None and campaign.state == "scheduled",
            may_manage_senders=self.request.user.has_right(Right.MANAGE_SETTINGS),
            **kwargs,
        )

    def _document(self) -> Document:
        if not hasattr(self, "_found"):
            self._found = find_document(self.kwargs["kind"], self.kwargs["pk"])
        return self._found


def composer_data(document: Document, reader: User) -> dict[str, Any]:
    """Everything that the composer's script begins with."""
    limits = document.limits()
    # What is written inside somebody else's message is no mailing by itself.
    copy = {} if limits else {"copy": reverse("messaging:campaign_copy")}
    return {
        "content": document.content(),
        "revision": document.revision,
        "check": check_of(document),
        "types": [_type(kind) for kind in BLOCK_TYPES.values()],
        "variables": _variables(),
        "choices": _choices(reader),
        "words": composer_words(),
        **limits,
        "urls": {
            "save": document.url("save"),
            "check": document.url("check"),
            "preview": document.url("preview"),
            **copy,
            "readers": reverse("messaging:readers"),
            "images": reverse("messaging:images"),
            "upload": reverse("messaging:image_upload"),
        },
    }


def senders_of_mailing(campaign: Campaign) -> list[SenderIdentity]:
    """Senders in use, and the one chosen before even if it no longer is; of a territory, its own."""
    chosen = campaign.sender_id
    if campaign.territory is not None:
        own = senders_for(campaign.territory)
        return own if campaign.sender is None or campaign.sender in own else [campaign.sender, *own]
    found = SenderIdentity.objects.select_related("territory").order_by("from_name", "address")
    return [sender for sender in found if sender.is_active or sender.pk == chosen]


def _type(kind: BlockType) -> dict[str, Any]:
    return {
        "name": kind.name,
        "label": str(kind.label),
        "icon": ICONS.get(kind.name, "square"),
        "inColumns": kind.in_columns,
        "fields": [_field(spec) for spec in kind.fields],
    }


def _field(spec: FieldSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "kind": spec.kind.value,
        "label": str(spec.label),
        "required": spec.required,
        "default": spec.default,
        "choices": [(value, str(label)) for value, label in spec.choices],
        "least": spec.least,
        "most": spec.most,
        "help": str(spec.help),
    }


def _variables() -> list[dict[str, Any]]:
    """The groups of the variable picker, each with its variables; the organisation's own fields last."""
    own = [extra_field(key, label) for key, label in CustomField.objects.values_list("key", "label")]
    events = knows_events()
    shown = [field for field in FIELDS if field.in_picker and (events or field.group is not Group.EVENT)]
    shown += own
    groups = []
    for group in Group:
        items = [_variable(field) for field in shown if field.group is group]
        if items:
            groups.append({"label": str(GROUP_LABELS[group]), "items": items})
    return groups


def _variable(field: MergeField) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": str(field.label),
        "example": field.example,
        "isUrl": field.is_url,
    }


def _choices(reader: User) -> dict[str, Any]:
    return {
        "events": knows_events(),
        "languages": [("fr", _("French")), ("en", _("English"))],
        "genders": [("F", _("Women")), ("M", _("Men")), ("", _("Not known"))],
        "departments": _places(TerritoryKind.DEPARTMENT, DEPARTMENT),
        "regions": _places(TerritoryKind.REGION, REGION),
        "segments": list(Segment.objects.visible_to(reader).order_by("name").values_list("pk", "name")),
    }


def _places(kind: TerritoryKind, usable: re.Pattern[str]) -> list[tuple[str, str]]:
    """(code, name) of the territories that a condition may name."""
    named = Territory.objects.filter(kind=kind).order_by("code").values_list("code", "name")
    return [(code, name) for code, name in named if usable.fullmatch(code)]
