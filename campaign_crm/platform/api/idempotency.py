"""`Idempotency-Key`: a request that is sent again, as no answer came, is done once and answered the same.

The answer is kept in the transaction of what was done: there is never one without the other. Only what was
done is kept; what was refused is asked anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from campaign_crm.platform.api.access import READING, key_of
from campaign_crm.platform.api.problems import Conflict
from campaign_crm.platform.locks import wait_for_turn
from campaign_crm.platform.models import KeptAnswer

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
CHARACTERS = 200
KEPT = timedelta(hours=24)


@dataclass(frozen=True)
class Once:
    """A request that is to be done once: whose, under which key, and what it asks."""

    sender: str
    key: str
    asked: bytes

    def answered_before(self) -> Response | None:
        """What it was answered when it came before; raises Conflict when that was another request.

        Two at once wait for each other: the second is answered as the first was.
        """
        wait_for_turn(f"idempotency {self.sender} {self.key}")
        kept = KeptAnswer.objects.filter(sender=self.sender, key=self.key).first()
        if kept is None:
            return None
        if kept.at < timezone.now() - KEPT:
            kept.delete()
            return None
        if bytes(kept.asked) != self.asked:
            raise Conflict(_("This Idempotency-Key was used for another request: take a new one for each."))
        return Response(kept.answer, status=kept.status, headers={REPLAYED: "true"})

    def keep(self, answer: Response) -> None:
        KeptAnswer.objects.bulk_create(
            [
                KeptAnswer(
                    sender=self.sender,
                    key=self.key,
                    asked=self.asked,
                    status=answer.status_code,
                    answer=json.loads(JSONRenderer().render(answer.data) or "null"),
                )
            ]
        )


def to_be_done_once(request: Request) -> Once | None:
    """What the header of a request that changes something says; raises ValidationError."""
    key = request.headers.get(HEADER, "")
    if not key or request.method in READING:
        return None
    if len(key) > CHARACTERS or not key.isprintable():
        text = _("At most %(count)s characters, printable ones.") % {"count": CHARACTERS}
        raise ValidationError({HEADER: [text]})
    by = key_of(request)
    sender = f"key {by.pk}" if by is not None else f"member {request.user.pk}"
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    for part in _parts_of(request):
        digest.update(part)
    return Once(sender, key, digest.digest())


def _parts_of(request: Request) -> Iterator[bytes]:
    """What was sent, as bytes: files block by block, as they may be larger than memory."""
    if not (request.content_type or "").startswith("multipart/"):
        yield request._request.body
        return
    sent = cast("QueryDict", request.data)
    for name in sorted(sent):
        for value in sent.getlist(name):
            yield f"\n{name}\n".encode()
            if isinstance(value, UploadedFile):
                yield from value.chunks()
                value.seek(0)
            else:
                yield str(value).encode()


def forget_old_answers() -> int:
    """Delete answers that are given no more; returns how many."""
    return KeptAnswer.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]
