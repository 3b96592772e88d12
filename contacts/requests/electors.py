"""Electors whom a request is about: people of a roll, who need not be people of the base.

A roll holds no e-mail address. Who asks is therefore known by a letter with a code, to the address on the
roll, or as the team writes it down.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform import audit
from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.database import lend_hash_key
from campaign_crm.platform.models import Organisation, User
from contacts.models import AnswerFile, ElectoralRegistration, EmailAddress, ErasedElector, PersonRequest
from contacts.requests.pdf import make_pdf
from contacts.services.elector_keys import OF_ELECTOR
from contacts.services.post_keys import first_forename, post_hash

LETTER_LASTS = timedelta(days=60)
CODE_LENGTH = 8


@dataclass(frozen=True)
class Forgotten:
    """Electors who are gone, and hashes of their names at their addresses, as hexadecimal digits."""

    electors: list[ErasedElector]
    post: list[str]


def post_hashes_of_electors(ids: Sequence[int]) -> set[bytes]:
    """Each name of an elector at their address on the roll."""
    found = set()
    for elector in ElectoralRegistration.objects.filter(pk__in=ids):
        if not (elector.street or elector.locality):
            continue
        for last in {elector.birth_name, elector.used_name} - {""}:
            found.add(
                post_hash(
                    f"{last} {first_forename(elector.first_names)}",
                    line=elector.street,
                    locality=elector.locality,
                    postcode=elector.postcode,
                    city=elector.city,
                )
            )
    return found


def forget_electors(ids: Sequence[int], *, request: int | None, known_already: bool = False) -> Forgotten:
    """Remove rows of rolls for ever, in the caller's transaction: keyed hashes keep the next roll from them.

    `known_already`: the hashes stand.
    """
    ids = list(ids)
    if not ids:
        return Forgotten([], [])
    post = sorted(digest.hex() for digest in post_hashes_of_electors(ids))
    kept: list[int] = []
    lend_hash_key()
    with connection.cursor() as cursor:
        if not known_already:
            cursor.execute(_KEEP_HASHES, {"ids": ids, "request": request})
            kept = [row[0] for row in cursor.fetchall()]
        cursor.execute("DELETE FROM contacts_registrationmatch WHERE registration_id = ANY(%s)", [ids])
        cursor.execute(
            "DELETE FROM contacts_importchange WHERE \"table\" = 'registration' AND row_id = ANY(%s)", [ids]
        )
        cursor.execute("DELETE FROM contacts_electoralregistration WHERE id = ANY(%s)", [ids])
    forget_words(ids)
    return Forgotten(list(ErasedElector.objects.filter(pk__in=kept).order_by("pk")), post)


def electors_erased_before() -> list[int]:
    """Rows of rolls that are those of erased electors: what a restored backup brought back."""
    buckets = list(ErasedElector.objects.values_list("bucket", flat=True).distinct())
    if not buckets:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        lend_hash_key()
        cursor.execute(_BACK, {"buckets": buckets})
        return [row[0] for row in cursor.fetchall()]


def forget_words(ids: Sequence[int]) -> None:
    """Requests about electors who are gone stay as a proof, without who asked."""
    if not ids:
        return
    _forget_words(PersonRequest.objects.filter(electors__overlap=list(ids), contact=None))


def forget_words_at(ids: Sequence[int]) -> None:
    """The same for requests that named nobody and came from an address that is of some people alone."""
    own = EmailAddress.objects.filter(contact__in=ids)
    shared = EmailAddress.objects.filter(address_hash__in=own.values("address_hash")).exclude(contact__in=ids)
    digests = [
        *set(map(bytes, own.values_list("address_hash", flat=True)))
        - set(map(bytes, shared.values_list("address_hash", flat=True)))
    ]
    _forget_words(PersonRequest.objects.filter(contact=None, address_hash__in=digests))


def code_of(request: PersonRequest) -> str:
    """What the letter of a request says, such as `K7QX-M2PA`; empty when none was made."""
    if request.letter_at is None:
        return ""
    told = f"{request.pk}|{request.letter_at.isoformat()}|{sorted(request.electors)}"
    code = base64.b32encode(keyed_hash("request letter", told)).decode()[:CODE_LENGTH]
    return f"{code[:4]}-{code[4:]}"


def is_code_of(request: PersonRequest, typed: str) -> bool:
    """True when somebody has read the letter, which holds for sixty days."""
    if request.letter_at is None or timezone.now() - request.letter_at > LETTER_LASTS:
        return False
    told = "".join(sign for sign in typed.upper() if sign.isalnum())
    return hmac.compare_digest(told, code_of(request).replace("-", ""))


@transaction.atomic
def make_letter(*, request: PersonRequest, elector: ElectoralRegistration, by: User) -> bytes:
    """A letter with a code, as a PDF, to the address on the roll. An earlier one no longer holds."""
    request.letter_at = timezone.now()
    request.save(update_fields=["letter_at"])
    audit.record(action="request.letter", on=request, by=by)
    with override(request.language[:2] or settings.LANGUAGE_CODE):
        return _letter(request, elector)


def _forget_words(requests: QuerySet[PersonRequest]) -> None:
    AnswerFile.objects.filter(request__in=requests).delete()
    requests.update(name="", address="", words="", identity_how="", answer="", correction="")


def _letter(request: PersonRequest, elector: ElectoralRegistration) -> bytes:
    organisation = Organisation.current()
    who = organisation.legal_name or organisation.name
    name = f"{first_forename(elector.first_names)} {elector.used_name or elector.birth_name}".strip()
    town = f"{elector.postcode} {elector.city}".strip()
    lines = [
        *[who, organisation.postal_address, ""],
        *[name, elector.street, elector.complement, elector.locality, town, elector.country, ""],
        date_format(timezone.localdate(), "DATE_FORMAT"),
        _("Somebody asked us, in your name, about the data that we keep of you: %(kind)s.")
        % {"kind": request.get_kind_display()},
        _("We know you from the electoral roll only, which says where you live."),
        _("If you asked, tell us this code:"),
        code_of(request),
        _("We do nothing before. The code holds for sixty days. If you did not ask, do nothing."),
        _("Where to tell us: %(contact)s")
        % {"contact": organisation.dpo_contact or organisation.contact_email or organisation.postal_address},
    ]
    return make_pdf(
        title=_("Your request about your data"), introduction=[line for line in lines if line], sections=[]
    )


# ruff: noqa: S608 - our own text, no value in it
_KEEP_HASHES = f"""
INSERT INTO contacts_erasedelector (number, bucket, hashes, request)
SELECT own.id, {OF_ELECTOR["bucket"]}, {OF_ELECTOR["hashes"]}, %(request)s
FROM contacts_electoralregistration AS own WHERE own.id = ANY(%(ids)s)
RETURNING id
"""
_BACK = f"""
SELECT own.id FROM contacts_electoralregistration AS own
WHERE {OF_ELECTOR["bucket"]} = ANY(%(buckets)s) AND EXISTS (
    SELECT FROM contacts_erasedelector AS gone
    WHERE gone.bucket = {OF_ELECTOR["bucket"]} AND gone.hashes::text[] && {OF_ELECTOR["hashes"]})
ORDER BY own.id
"""
