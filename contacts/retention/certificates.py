"""The proof that something went: written once, sealed, and read as a page, a PDF or JSON."""

from __future__ import annotations

import hmac
import json
from typing import Any

from django.db import transaction
from django.utils import timezone

from campaign_crm.platform import audit
from campaign_crm.platform.crypto import keyed_hash
from contacts.models import Purge, PurgeCertificate

PURPOSE = "purge certificate"
IDS_PURPOSE = "purged ids"


def digest_of(before: bytes, kind: str, ids: list[int]) -> bytes:
    """The keyed hash over the ids that went so far and these: the same in the same order give the same."""
    return keyed_hash(IDS_PURPOSE, f"{before.hex()}:{kind}:{','.join(map(str, ids))}")


@transaction.atomic
def issue(purge: Purge) -> PurgeCertificate:
    """Write the certificate of a purge that has ended, in the transaction that ends it."""
    content: dict[str, Any] = {
        "purge": purge.pk,
        "rule": purge.rule,
        "source": purge.source_id,
        "source_kind": purge.source.kind if purge.source else None,
        "terms": purge.terms,
        "announced_at": purge.announced_at.isoformat(),
        "announced": purge.counted,
        "due_on": purge.due_on.isoformat(),
        "began_at": purge.began_at.isoformat() if purge.began_at else None,
        "ended_at": (purge.ended_at or timezone.now()).isoformat(),
        "gone": {name: number for name, number in purge.gone.items() if name in COUNTED},
    }
    source_name = purge.source.name if purge.source else ""
    certificate = PurgeCertificate.objects.create(
        purge=purge,
        source_name=source_name,
        content=content,
        ids_digest=bytes(purge.ids_digest),
        seal=_seal(source_name, content, bytes(purge.ids_digest)),
    )
    audit.record(
        action="retention.purge",
        on=purge,
        by=None,
        detail={"rule": purge.rule, "source": purge.source_id, **content["gone"]},
    )
    return certificate


COUNTED = ("people", "electors", "stay", "points", "opt_outs", "frozen")
"""What a certificate counts: people and electors gone, people who lost what the file said, points gone,
opt-outs kept as hashes, electors counted in the frozen figures."""


def is_intact(certificate: PurgeCertificate) -> bool:
    """True when nothing in it changed since it was issued, under this installation's key."""
    expected = _seal(certificate.source_name, certificate.content, bytes(certificate.ids_digest))
    return hmac.compare_digest(expected, bytes(certificate.seal))


def as_json(certificate: PurgeCertificate) -> dict[str, Any]:
    """The certificate as a file that another program can read."""
    return {
        "certificate": certificate.pk,
        "issued_at": certificate.issued_at.isoformat(),
        "source_name": certificate.source_name,
        **certificate.content,
        "ids_hmac_sha256": bytes(certificate.ids_digest).hex(),
        "seal_hmac_sha256": bytes(certificate.seal).hex(),
    }


def _seal(source_name: str, content: dict[str, Any], ids_digest: bytes) -> bytes:
    told = json.dumps([source_name, content, ids_digest.hex()], sort_keys=True, ensure_ascii=False)
    return keyed_hash(PURPOSE, told)
