"""Writing templates: saved beginnings of messages."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from messaging.content.blocks import read_document
from messaging.errors import EditedMeanwhile, MessagingError
from messaging.models import Template
from messaging.services.compiling import custom_field_keys
from messaging.services.reader_segments import check_named

EDITABLE = frozenset({"name", "subject", "preview_text", "blocks"})


class NameTaken(MessagingError):
    """Another template has this name."""


@transaction.atomic
def create_template(
    *, name: str, by: User | None, subject: str = "", preview_text: str = "", blocks: list[Any] | None = None
) -> Template:
    """Keep a beginning; its blocks may still have problems. Raises NameTaken."""
    name = _free_name(name)
    check_named([], blocks, by=by)
    template = Template.objects.create(
        name=name,
        subject=subject,
        preview_text=preview_text,
        blocks=cleaned_blocks(blocks or []),
        created_by=by,
    )
    audit.record(action="template.create", on=template, by=by)
    return template


@transaction.atomic
def update_template(*, template: Template, revision: int, by: User | None, **values: Any) -> Template:
    """Save an edit made on `revision`; raises EditedMeanwhile when somebody saved another since.

    `values`: some of name, subject, preview_text, blocks.
    """
    if unknown := set(values) - EDITABLE:
        raise ValueError(f"Not fields of a template: {sorted(unknown)}")
    if "name" in values:
        values["name"] = _free_name(values["name"], besides=template.pk)
    if "blocks" in values:
        values["blocks"] = cleaned_blocks(values["blocks"])
        check_named(template.blocks, values["blocks"], by=by)
    saved = Template.objects.filter(pk=template.pk, revision=revision).update(
        **values, revision=F("revision") + 1, updated_at=timezone.now()
    )
    if not saved:
        raise EditedMeanwhile(_("Somebody else saved this template since you opened it."))
    audit.record(action="template.update", on=template, by=by, fields=sorted(values))
    template.refresh_from_db()
    return template


@transaction.atomic
def delete_template(*, template: Template, by: User | None) -> None:
    """Remove a beginning; mailings made from it keep their own text."""
    audit.record(action="template.delete", on=template, by=by, detail={"name": template.name})
    template.delete()


def cleaned_blocks(blocks: object) -> list[Any]:
    """Blocks as they are saved: HTML reduced to what is allowed; a draft keeps what is still unfinished."""
    found, _problems = read_document(blocks, extra=custom_field_keys())
    return [block.as_json() for block in found]


def _free_name(name: str, *, besides: int | None = None) -> str:
    name = " ".join(name.split())[:120]
    if not name:
        raise MessagingError(_("Give the template a name."))
    others = Template.objects.filter(name=name)
    if besides is not None:
        others = others.exclude(pk=besides)
    if others.exists():
        raise NameTaken(_("A template already has this name: choose another."))
    return name
