"""Making and changing public forms."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.enums import LawfulBasis, SourceKind
from contacts.models import Newsletter, Source
from contacts.services.sources import create_source
from tracking.forms.editing import free_slug
from tracking.models import Form


@transaction.atomic
def create_form(*, by: User | None, newsletters: list[Newsletter], **values: Any) -> Form:
    """Make a form and the Source of what comes in by it: people speak for themselves there."""
    slug = free_slug(values["title"])
    source = create_source(
        by=by,
        name=_source_name(values["title"], slug),
        kind=SourceKind.FORM,
        lawful_basis=LawfulBasis.NONE,
        origin_text=values["title"],
    )
    form = Form.objects.create(slug=slug, source=source, created_by=by, **values)
    form.newsletters.set(newsletters)
    audit.record(action="form.create", on=form, by=by)
    return form


@transaction.atomic
def update_form(*, form: Form, by: User | None, newsletters: list[Newsletter], **values: Any) -> list[str]:
    """Write what differs; gives the names of the changed fields. The address of the page never changes."""
    changed = [name for name, value in values.items() if getattr(form, name) != value]
    for name in changed:
        setattr(form, name, values[name])
    form.save(update_fields=changed)
    if set(form.newsletters.all()) != set(newsletters):
        form.newsletters.set(newsletters)
        changed.append("newsletters")
    if changed:
        audit.record(action="form.update", on=form, by=by, fields=changed)
    return changed


def _source_name(title: str, slug: str) -> str:
    """The title; with the address of the page when another source has it, cut to what a name holds."""
    if not Source.objects.filter(name=title).exists():
        return title
    longest = Source._meta.get_field("name").max_length or 0
    suffix = f" ({slug})"
    return f"{title[: longest - len(suffix)]}{suffix}"
