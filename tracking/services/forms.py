"""Making public forms, changing and publishing them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.enums import LawfulBasis, SourceKind
from contacts.models import Newsletter, Source
from contacts.services.silence import silence_of_page
from contacts.services.sources import create_source
from messaging.content.errors import ContentError
from messaging.errors import EditedMeanwhile
from tracking.enums import FormKind
from tracking.errors import AnsweredForSomethingElse, PublicPagesAreSilent
from tracking.forms.checking import faults_of
from tracking.forms.content import Content, read_content
from tracking.forms.editing import free_slug
from tracking.forms.presets import preset, simple_document
from tracking.models import Form, FormVersion

# What the law asks of a page, whoever looks at it: a form for wrong data is no politics.
NEVER_SILENT = frozenset({FormKind.WRONG_DATA})


@transaction.atomic
def start_form(*, kind: FormKind, title: str, language: str, by: User | None) -> Form:
    """Make a form of a kind from its preset; nobody outside sees it before it is published."""
    return _create(preset(kind, language, title=title), by=by, kind=kind)


@transaction.atomic
def create_form(
    *,
    by: User | None,
    newsletters: Sequence[Newsletter],
    title: str,
    language: str = "fr",
    introduction: str = "",
    thank_you: str = "",
    fields: Iterable[str] = (),
    consents: Iterable[Mapping[str, str]] = (),
    is_open: bool = True,
    **values: Any,
) -> Form:
    """Make a form of simple questions and boxes, and publish it.

    Raises PublicPagesAreSilent for one that is open at once, during the silence before a vote.
    """
    if is_open:
        _ask_not_silent(newsletters)
    document = simple_document(
        title=title,
        language=language,
        introduction=introduction,
        thank_you=thank_you,
        fields=fields,
        consents=consents,
        newsletters=bool(newsletters),
    )
    form = _create(document, by=by, is_open=is_open, **values)
    form.newsletters.set(newsletters)
    _publish(form, form.content, by=by)
    return form


@transaction.atomic
def duplicate_form(*, form: Form, by: User | None) -> Form:
    """A new draft with the same blocks and settings; nobody has answered it."""
    document = {**form.draft, "title": {code: _copied(words) for code, words in form.draft["title"].items()}}
    copy = _create(
        document,
        by=by,
        kind=FormKind(form.kind),
        tag=form.tag,
        confirmation=form.confirmation,
        registers=form.registers,
        embed_hosts=form.embed_hosts,
    )
    copy.newsletters.set(form.newsletters.all())
    return copy


@transaction.atomic
def save_draft(*, form: Form, content: object, revision: int, by: User | None) -> Form:
    """Keep an edit made on `revision`; what the public reads stays as it is.

    Raises Unreadable, or EditedMeanwhile when somebody saved another since.
    """
    checked, _problems = read_content(content)
    values: dict[str, Any] = {"draft": checked.as_json(), "language": checked.languages[0]}
    if title := checked.say("title", checked.languages[0]):
        values["title"] = title
    saved = Form.objects.filter(pk=form.pk, revision=revision).update(**values, revision=F("revision") + 1)
    if not saved:
        raise EditedMeanwhile(_("Somebody else saved this form meanwhile."))
    form.refresh_from_db()
    audit.record(action="form.update", on=form, by=by, fields=["draft"])
    return form


@transaction.atomic
def publish_form(*, form: Form, by: User | None) -> FormVersion:
    """Show the draft to the public from now on; raises ContentError, or PublicPagesAreSilent."""
    form = Form.objects.select_for_update().get(pk=form.pk)
    content, problems = read_content(form.draft)
    problems += faults_of(content, kind=form.kind)
    if problems:
        raise ContentError(problems)
    if form.is_open and form.kind not in NEVER_SILENT:
        _ask_not_silent(list(form.newsletters.all()))
    return _publish(form, content, by=by)


@transaction.atomic
def update_form(*, form: Form, by: User | None, newsletters: list[Newsletter], **values: Any) -> list[str]:
    """Write the settings that differ; gives their names. The address of the page never changes.

    During the silence before a vote the public page stays as it is: it may be closed, and nothing else of it
    changes. Raises PublicPagesAreSilent, or AnsweredForSomethingElse: whoever answered before a form was one
    to register by has registered for nothing, and service messages would reach them.
    """
    changed = [name for name, value in values.items() if getattr(form, name) != value]
    is_public = form.published_id is not None and (form.is_open or values.get("is_open", False))
    other_letters = set(form.newsletters.all()) != set(newsletters)
    opens = "is_open" in changed and values["is_open"]
    closes = "is_open" in changed and not opens
    if is_public and form.kind not in NEVER_SILENT and (opens or (other_letters and not closes)):
        _ask_not_silent([*form.newsletters.all(), *newsletters])
    if "registers" in changed and values["registers"] and form.submissions.exists():
        raise AnsweredForSomethingElse(
            _("People have answered this form already, for something else: make a form of its own for this.")
        )
    for name in changed:
        setattr(form, name, values[name])
    form.save(update_fields=changed)
    if other_letters:
        form.newsletters.set(newsletters)
        changed.append("newsletters")
    if changed:
        audit.record(action="form.update", on=form, by=by, fields=changed)
    return changed


def _create(document: dict[str, Any], *, by: User | None, **values: Any) -> Form:
    """A form and the Source of what comes in by it: people speak for themselves there."""
    content, _problems = read_content(document)
    language = content.languages[0]
    title = content.say("title", language)
    slug = free_slug(title)
    source = create_source(
        by=by,
        name=_source_name(title, slug),
        kind=SourceKind.FORM,
        lawful_basis=LawfulBasis.NONE,
        origin_text=title,
    )
    form: Form = Form.objects.create(
        slug=slug,
        title=title,
        language=language,
        draft=content.as_json(),
        source=source,
        created_by=by,
        **values,
    )
    audit.record(action="form.create", on=form, by=by)
    return form


def _publish(form: Form, content: Content, *, by: User | None) -> FormVersion:
    last = form.versions.order_by("-number").values_list("number", flat=True).first() or 0
    version: FormVersion = FormVersion.objects.create(
        form=form, number=last + 1, content=content.as_json(), published_by=by, published_at=timezone.now()
    )
    form.published = version
    form.save(update_fields=["published"])
    audit.record(action="form.publish", on=form, by=by, detail={"version": version.number})
    return version


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


def _copied(title: str) -> str:
    return (_("Copy of %(name)s") % {"name": title})[:150]


def _source_name(title: str, slug: str) -> str:
    """The title; with the address of the page when another source has it, cut to what a name holds."""
    if not Source.objects.filter(name=title).exists():
        return title
    longest = Source._meta.get_field("name").max_length or 0
    suffix = f" ({slug})"
    return f"{title[: longest - len(suffix)]}{suffix}"
