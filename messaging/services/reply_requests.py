"""An answer to a mailing that asks something of one's data becomes a request, in one click."""

from __future__ import annotations

from django.db import transaction

from campaign_crm.platform.models import User
from contacts.folding import fold
from contacts.models import PersonRequest
from contacts.requests.rows import writing_requests
from contacts.requests.service import open_request
from messaging.models import Reply

Kind = PersonRequest.Kind
# The first that is found in what they wrote, folded; an officer may say otherwise on the request's page.
SIGNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (Kind.ERASURE, ("effac", "supprim", "oubli", "erase", "delete", "forget", "remove my data", "rgpd 17")),
    (Kind.RECTIFICATION, ("rectifi", "corrig", "erreur dans mon", "correct my", "wrong name")),
    (Kind.PORTABILITY, ("portabilit",)),
    (
        Kind.OBJECTION,
        (
            "desinscri",
            "desabonn",
            "ne plus recevoir",
            "ne m ecrivez plus",
            "unsubscribe",
            "stop",
            "opposition",
        ),
    ),
)


@transaction.atomic
def request_from_reply(*, reply: Reply, by: User) -> PersonRequest:
    """Open the request that an answer makes; the one that stands already when it was opened before.

    Its month runs from the day on which the answer came.
    """
    Reply.objects.select_for_update().get(pk=reply.pk)  # two officers press at once
    known = request_of(reply)
    if known is not None:
        return known
    return open_request(
        kind=_kind_of(reply),
        came_by=PersonRequest.CameBy.EMAIL,
        contact=reply.contact,
        name=reply.from_name,
        address=reply.from_address,
        words="\n\n".join(part for part in (reply.subject, reply.text) if part)[:5000],
        received_at=reply.at,
        origin={"reply": reply.pk},
        by=by,
    )


def request_of(reply: Reply) -> PersonRequest | None:
    """The request that was made of an answer, if one was."""
    with writing_requests():
        return PersonRequest.objects.filter(origin__reply=reply.pk).first()


def _kind_of(reply: Reply) -> str:
    """What they seem to ask: to see their data, unless they say something else."""
    said = fold(f"{reply.subject} {reply.text}")
    for kind, signs in SIGNS:
        if any(sign in said for sign in signs):
            return str(kind)
    return str(Kind.ACCESS)
