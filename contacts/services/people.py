"""Creating people and changing what is known about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.db.models.functions import Now

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.enums import LawfulBasis
from contacts.folding import fold
from contacts.models import Contact, ContactSource, ContactTag, Note, Source, Tag, Territory
from contacts.models.contact import Fold
from contacts.services.contact_points import add_email, add_phone, add_postal_address
from contacts.services.projections import refresh_projections
from contacts.services.relationships import refresh_relationships


class PersonFields(TypedDict, total=False):
    """What may be written on a Contact; every other field is the program's own."""

    civility: str
    first_name: str
    last_name: str
    birth_name: str
    gender: str
    birth_date: date | None
    birth_year: int | None
    language: str
    commune: Territory | None
    custom: dict[str, Any]


@transaction.atomic
def create_contact(
    *,
    source: Source,
    by: User | None,
    email: str = "",
    phone: str = "",
    address: dict[str, Any] | None = None,
    **fields: Unpack[PersonFields],
) -> Contact:
    """Create a person named by a source, with their first address and number; raises InvalidAddress.

    `address`: the lines of `contact_points.add_postal_address`. To recognise somebody who is there already,
    ask `matching.find_person` before.
    """
    _refuse_unknown(dict(fields))
    contact = Contact.objects.create(**fields)
    ContactSource.objects.create(contact=contact, source=source)
    if source.lawful_basis == LawfulBasis.MEMBER:
        refresh_relationships([contact.pk])
        contact.refresh_from_db(fields=["relationship"])
    audit.record(
        action="contact.create", on=contact, by=by, fields=sorted(fields), detail={"source": source.pk}
    )
    if email:
        add_email(contact=contact, address=email, source=source, by=by)
    if phone:
        add_phone(contact=contact, number=phone, source=source, by=by)
    if address:
        add_postal_address(contact=contact, source=source, by=by, **address)
    refresh_projections([contact.pk])
    return contact


@transaction.atomic
def update_contact(
    *, contact: Contact, by: User | None, source: Source | None = None, **fields: Unpack[PersonFields]
) -> list[str]:
    """Write the values that differ; gives the names of the fields that changed.

    `source` is what told us, when it is not a member of the team (`by`).
    `custom` replaces the keys it names and keeps the others; a value of None takes a key away. A stub whose
    name is given is one no longer: its own name is shown from then on.
    """
    _refuse_unknown(dict(fields))
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    before = contact.custom
    if "custom" in fields:
        merged = contact.custom | fields["custom"]
        fields["custom"] = {key: value for key, value in merged.items() if value is not None}
    changed = [name for name, value in fields.items() if getattr(contact, name) != value]
    if not changed:
        return []
    for name in changed:
        setattr(contact, name, fields[name])  # type: ignore[literal-required]
    if contact.is_stub and contact.last_name:
        contact.is_stub = False
    contact.updated_at = Now()
    contact.save(update_fields=[*changed, "is_stub", "updated_at"])
    detail: dict[str, Any] = {} if source is None else {"source": source.pk}
    if "custom" in changed:
        keys = before.keys() | contact.custom.keys()
        detail["extra"] = sorted(key for key in keys if before.get(key) != contact.custom.get(key))
    audit.record(action="contact.update", on=contact, by=by, fields=changed, detail=detail)
    refresh_projections([contact.pk])
    return changed


@transaction.atomic
def add_source(*, contact: Contact, source: Source, by: User | None) -> bool:
    """Note that a source named a person; False when it was known. What the source allows follows at once."""
    _link, created = ContactSource.objects.get_or_create(contact=contact, source=source)
    if created:
        audit.record(action="contact.add_source", on=contact, by=by, detail={"source": source.pk})
        if source.lawful_basis == LawfulBasis.MEMBER:
            refresh_relationships([contact.pk])
        refresh_projections([contact.pk])
    return created


@transaction.atomic
def add_note(*, contact: Contact, body: str, by: User | None) -> Note:
    """Keep free words about a person."""
    note = Note.objects.create(contact=contact, body=body.strip(), author=by)
    audit.record(action="note.add", on=contact, by=by, detail={"note": note.pk})
    return note


@transaction.atomic
def tag_named(name: str) -> Tag:
    """Return the tag of that name, however it is spelled ("Élus" is "elus"); made when there is none."""
    spelled = " ".join(name.split())
    tag = Tag.objects.annotate(folded=Fold("name")).filter(folded=fold(spelled)).first()
    return tag or Tag.objects.create(name=spelled)


@transaction.atomic
def add_tag(*, contact: Contact, tag: Tag, by: User | None) -> bool:
    """Put a tag on a person; False when it was there."""
    _link, created = ContactTag.objects.get_or_create(contact=contact, tag=tag, defaults={"added_by": by})
    if created:
        audit.record(action="contact.add_tag", on=contact, by=by, detail={"tag": tag.pk})
    return created


@transaction.atomic
def tag_people(*, contacts: Sequence[Contact], tag: Tag, by: User | None) -> int:
    """Put a tag on several people; gives how many did not have it."""
    ids = [contact.pk for contact in contacts]
    known = set(ContactTag.objects.filter(tag=tag, contact__in=ids).values_list("contact_id", flat=True))
    new = [pk for pk in dict.fromkeys(ids) if pk not in known]
    ContactTag.objects.bulk_create(
        (ContactTag(contact_id=pk, tag=tag, added_by=by) for pk in new), ignore_conflicts=True
    )
    if new:
        audit.record(action="tag.add", on=tag, by=by, detail={"people": len(new)})
    return len(new)


@transaction.atomic
def remove_tag(*, contact: Contact, tag: Tag, by: User | None) -> bool:
    """Take a tag off a person; False when it was not there."""
    removed, _details = ContactTag.objects.filter(contact=contact, tag=tag).delete()
    if removed:
        audit.record(action="contact.remove_tag", on=contact, by=by, detail={"tag": tag.pk})
    return bool(removed)


def _refuse_unknown(fields: dict[str, Any]) -> None:
    """Callers pass what forms and API requests named: nothing but a person's own fields is written."""
    unknown = fields.keys() - PersonFields.__annotations__.keys()
    if unknown:
        raise TypeError(f"A person has no field {', '.join(sorted(unknown))}.")
