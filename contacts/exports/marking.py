"""How an exported file says whose it is, also when it was copied, sorted and passed on.

Each line bears the number of the export, the heading of that column who took it and when. One line is
invented: a name at an address of our own host that no mailbox stands behind. Whoever writes to it writes to
us; only HASH_KEY tells which export it was made for.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from campaign_crm.platform.crypto import keyed_hash
from contacts.models import Export

FIRST_NAMES = ("Camille", "Claude", "Dominique", "Maxime", "Alix", "Sacha", "Noa", "Charlie")
LAST_NAMES = (
    "Delorme-Vasseur",
    "Caillet-Roche",
    "Bréhier",
    "Montcharmont",
    "Aubriot",
    "Lestrange",
    "Vauquelin",
)
MARK_LETTERS = 12


def mark_of(export: Export) -> str:
    """What each line bears."""
    return f"E{export.pk}"


def mark_heading(export: Export) -> str:
    moment = date_format(localtime(export.requested_at), "SHORT_DATETIME_FORMAT")
    return _("%(mark)s, taken by %(name)s, %(moment)s") % {
        "mark": mark_of(export),
        "name": export.requested_by,
        "moment": moment,
    }


def invented_facts(export: Export) -> dict[str, str]:
    """The invented line of an export: always the same for one export, never that of another."""
    digest = _digest(export.pk)
    first = FIRST_NAMES[digest[0] % len(FIRST_NAMES)]
    last = LAST_NAMES[digest[1] % len(LAST_NAMES)]
    return {"first_name": first, "last_name": last, "email": _address(export.pk)}


def export_of(address: str) -> Export | None:
    """The export whose invented line has this address; None for anybody else's."""
    wanted = address.strip().lower()
    if not wanted.endswith(f"@{_host()}"):
        return None
    return next(
        (one for one in Export.objects.order_by("-pk").iterator() if _address(one.pk) == wanted), None
    )


def _address(number: int) -> str:
    return f"c.{_digest(number)[2:].hex()[:MARK_LETTERS]}@{_host()}"


def _digest(number: int) -> bytes:
    return keyed_hash("export-line", str(number))


def _host() -> str:
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    return host if "." in host and not host[-1].isdigit() else "invented.example"
