"""Making and changing public forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.enums import LawfulBasis, SourceKind
from contacts.models import Newsletter, Source
from contacts.services.silence import silence_of_page
from contacts.services.sources import create_source
from tracking.errors import AnsweredForSomethingElse, PublicPagesAreSilent
from tracking.forms.editing import free_slug
from tracking.models import Form

READ_BY_EVERYBODY = frozenset({"title", "introduction", "thank_you", "fields", "consents", "is_open"})


@transaction.atomic
def create_form(*, by: User | None, newsletters: list[Newsletter], **values: Any) -> Form:
    """Make a form and the Source of what comes in by it: people speak for themselves there.

    Raises PublicPagesAreSilent for one that is open at once, during the silence before a vote.
    """
    if values.get("is_open", True):
        _ask_not_silent(newsletters)
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
    """Write what differs; gives the names of the changed fields. The address of the page never changes.

    During the silence before a vote the public page stays as it is: it may be closed, and nothing else of it
    changes. Raises PublicPagesAreSilent, or AnsweredForSomethingElse: whoever answered before a form was one
    to register by has registered for nothing, and service messages would reach them.
    """
    changed = [name for name, value in values.items() if getattr(form, name) != value]
    only_closed = set(changed) & READ_BY_EVERYBODY == {"is_open"} and not values["is_open"]
    is_public = form.is_open or values.get("is_open", False)
    if is_public and set(changed) & READ_BY_EVERYBODY and not only_closed:
        _ask_not_silent([*form.newsletters.all(), *newsletters])
    if "registers" in changed and values["registers"] and form.submissions.exists():
        raise AnsweredForSomethingElse(
            _("People have answered this form already, for something else: make a form of its own for this.")
        )
    for name in changed:
        setattr(form, name, values[name])
    form.save(update_fields=changed)
    if set(form.newsletters.all()) != set(newsletters):
        if is_public and not only_closed:
            _ask_not_silent([*form.newsletters.all(), *newsletters])
        form.newsletters.set(newsletters)
        changed.append("newsletters")
    if changed:
        audit.record(action="form.update", on=form, by=by, fields=changed)
    return changed


def _ask_not_silent(newsletters: Sequence[Newsletter]) -> None:
    """A form that offers local newsletters alone is a page about their places; another is read everywhere."""
    places = {newsletter.territory_id for newsletter in newsletters}
    local = [place for place in places if place is not None] if places and None not in places else None
    silence = silence_of_page(local, timezone.now())
    if silence is None:
        return
    message = _(
        "The silence before “%(election)s” holds until %(end)s: public pages stay as they are. A form may be "
        "closed, or prepared closed and opened afterwards."
    )
    raise PublicPagesAreSilent(message % {"election": silence.election, "end": silence.until})


def _source_name(title: str, slug: str) -> str:
    """The title; with the address of the page when another source has it, cut to what a name holds."""
    if not Source.objects.filter(name=title).exists():
        return title
    longest = Source._meta.get_field("name").max_length or 0
    suffix = f" ({slug})"
    return f"{title[: longest - len(suffix)]}{suffix}"
