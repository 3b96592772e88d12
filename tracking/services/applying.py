"""An answer becomes a person: found or made, filled in where something was blank, never written over.

It reads only what the submission keeps, so that one that waited for a look is applied as if it had just come.
"""

from __future__ import annotations

from typing import Any, cast

from campaign_crm.platform.webhooks.events import WebhookEvent
from campaign_crm.platform.webhooks.outbox import emit
from contacts.imports.extra_values import read_extra
from contacts.models import Contact, CustomField, Tag
from contacts.services.contact_points import add_email, add_phone, add_postal_address
from contacts.services.matching import find_person
from contacts.services.people import PersonFields, add_source, add_tag, create_contact, update_contact
from tracking.enums import InteractionKind
from tracking.forms.content import Block, Content
from tracking.models import Form, Submission
from tracking.services.interactions import record_interaction

NAMES = ("first_name", "last_name", "gender")
WITH_FIELD = ("choice", "scale", "words")


def apply_submission(submission: Submission) -> Contact | None:
    """Give an accepted answer its person, with what may be kept of them before they confirm.

    None for an answer that names nobody and leaves no address, as to a survey.
    """
    form, values = submission.form, submission.data.get("values", {})
    if not any(values.get(name) for name in ("email", "phone", "first_name", "last_name")):
        return None
    contact = _person_of(form, values, submission.language or form.language)
    submission.contact = contact
    submission.save(update_fields=["contact"])
    _add_points(form, contact, values)
    _keep_answers(submission, contact)
    if form.tag is not None:
        add_tag(contact=contact, tag=form.tag, by=None)
    record_interaction(
        kind=InteractionKind.SIGN_UP,
        contact_id=contact.pk,
        data={"form": form.pk, "submission": str(submission.pk)},
    )
    told = {"form": form.slug, "submission": str(submission.pk)}
    emit(WebhookEvent.SIGN_UP_RECEIVED, told, person=contact.pk)
    return contact


def _person_of(form: Form, values: dict[str, str], language: str) -> Contact:
    """The person already known by these answers, or a new one; blanks are filled, nothing is overwritten.

    A new person has their address at once: nothing else of theirs could be sent to it. A known person gets a
    new address only once it is confirmed, or whoever knows their name and number could receive their mail.
    """
    found = find_person(
        email=values.get("email", ""),
        phone=values.get("phone", ""),
        first_name=values.get("first_name", ""),
        last_name=values.get("last_name", ""),
        source=form.source,
    )
    given = cast(PersonFields, {name: values[name] for name in NAMES if values.get(name)})
    if found is None:
        given["language"] = language
        contact = create_contact(source=form.source, by=None, **given)
        if values.get("email"):
            add_email(contact=contact, address=values["email"], source=form.source, by=None)
        return contact
    missing = cast(PersonFields, {name: value for name, value in given.items() if not getattr(found, name)})
    update_contact(contact=found, by=None, source=form.source, **missing)
    add_source(contact=found, source=form.source, by=None)
    return found


def _add_points(form: Form, contact: Contact, values: dict[str, str]) -> None:
    if values.get("phone") and not values.get("email"):
        add_phone(contact=contact, number=values["phone"], source=form.source, by=None)
    if {"postcode", "city", "street"} & set(values):
        add_postal_address(
            contact=contact,
            line1=values.get("street", ""),
            postcode=values.get("postcode", ""),
            city=values.get("city", ""),
            source=form.source,
            by=None,
        )


def _keep_answers(submission: Submission, contact: Contact) -> None:
    """Extra fields that were blank, and the tags of the chosen options."""
    if submission.version is None:
        return
    content, answers = submission.version.read(), submission.data.get("answers", {})
    asked = [block for block in content.of_type(*WITH_FIELD) if answers.get(block.id)]
    keys = {block.values["field"]: block for block in asked if block.values["field"]}
    custom: dict[str, Any] = {}
    for field in CustomField.objects.filter(key__in=keys).exclude(key__in=contact.custom):
        value = read_extra(field, _as_text(keys[field.key], content, answers))
        if value is not None:
            custom[field.key] = value
    if custom:
        update_contact(contact=contact, by=None, source=submission.form.source, custom=custom)
    chosen = [
        option["tag"]
        for block in asked
        for option in block.options
        if option.get("tag") and option["id"] in answers[block.id]
    ]
    for tag in Tag.objects.filter(pk__in=chosen):
        add_tag(contact=contact, tag=tag, by=None)


def said_in(submission: Submission) -> str:
    """The answers to a form's own questions, a line each, as somebody of the team reads them."""
    if submission.version is None:
        return ""
    content, answers = submission.version.read(), submission.data.get("answers", {})
    lines = [
        f"{content.said(block.values['label'], content.languages[0])} – {_as_text(block, content, answers)}"
        for block in content.of_type(*WITH_FIELD)
        if answers.get(block.id)
    ]
    return "\n".join(lines)


def _as_text(block: Block, content: Content, answers: dict[str, Any]) -> str:
    """An answer in words, in the main language of the form: one value for all who chose it."""
    given = answers[block.id]
    if isinstance(given, str):
        return given
    words = [content.said(one["label"], content.languages[0]) for one in block.options if one["id"] in given]
    return ", ".join(words)
