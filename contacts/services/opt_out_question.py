"""Asked once, before the first mailing: is there an opt-out file where these people come from?"""

from __future__ import annotations

from django.db import transaction

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from contacts.models import Import, OptOutAnswer

# People who were somebody else's contacts before: they may have said no there.
FROM_OUTSIDE = (Import.Kind.ADDRESS_BOOK, Import.Kind.BROKER)


def opt_out_file_is_missing() -> bool:
    """True when people came in by files, no opt-out file ever did, and nobody said that there is none."""
    done = Import.objects.filter(state=Import.State.DONE)
    return (
        done.filter(kind__in=FROM_OUTSIDE).exists()
        and not done.filter(kind=Import.Kind.SUPPRESSION).exists()
        and not OptOutAnswer.objects.exists()
    )


@transaction.atomic
def say_there_is_none(*, by: User) -> OptOutAnswer:
    """Keep who said that there is no opt-out file, and when."""
    answer = OptOutAnswer.objects.create(said_by=by)
    audit.record(action="opt_outs.none", on=answer, by=by)
    return answer
