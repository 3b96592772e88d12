"""What becomes of messages when two records of one person are merged."""

from __future__ import annotations

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from contacts.merging.belongings import Belonging
from contacts.merging.errors import MergeRefused

MERGED = gettext_noop("The same person was among the recipients already")

# A row that a worker holds is written to by its key: it is not renamed under its hands.
DELIVERIES = Belonging(
    "messaging_delivery",
    ("ledger_month", "campaign_id", "occasion"),
    same="""held.ledger_month = own.ledger_month AND held.campaign_id = own.campaign_id
        AND held.occasion = own.occasion""",
    stays=True,
    movable="own.state NOT IN ('claimed', 'handed')",
)


def settle_messages(kept: int, absorbed: int) -> None:
    """Before a merge: nobody gets one mailing twice because they stood in the base twice."""
    with connection.cursor() as cursor:
        cursor.execute(_LEAVING, [absorbed])
        if cursor.fetchone()[0]:
            raise MergeRefused(_("A message to this person is just leaving. Try again in a minute."))
        cursor.execute(_CANCEL_SECOND, {"kept": kept, "absorbed": absorbed, "answer": MERGED})


_LEAVING = """
SELECT EXISTS (SELECT FROM messaging_delivery WHERE contact_id = %s AND state IN ('claimed', 'handed'))
"""
_CANCEL_SECOND = """
UPDATE messaging_delivery AS own SET state = 'cancelled', settled_at = now(), answer = %(answer)s
FROM messaging_delivery AS held
WHERE own.contact_id = %(absorbed)s AND own.state IN ('queued', 'retry_wait')
  AND held.contact_id = %(kept)s AND held.ledger_month = own.ledger_month
  AND held.campaign_id = own.campaign_id AND held.occasion = own.occasion
"""
