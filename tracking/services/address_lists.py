"""Published lists of addresses: of security scanners, and of privacy proxies (docs/robots.md)."""

from __future__ import annotations

import csv
import ipaddress
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from tracking.enums import NetworkKind
from tracking.errors import TrackingError
from tracking.models import AddressList

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MOST_NETWORKS = 2_000_000
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class ListRefused(TrackingError):
    """The file is not a list of addresses; the message names the line."""


def read_networks(lines: Iterable[str]) -> list[Network]:
    """The first column of each line: a network (192.0.2.0/24) or one address. `#` begins a comment.

    A first line without a network is taken for headings. Raises `ListRefused`.
    """
    found: list[Network] = []
    for number, line in enumerate(csv.reader(_without_comments(lines)), start=1):
        written = line[0].strip() if line else ""
        if not written:
            continue
        try:
            found.append(ipaddress.ip_network(written, strict=False))
        except ValueError:
            if number > 1:
                raise ListRefused(
                    _("Line %(line)s: “%(text)s” is not a network.") % {"line": number, "text": written[:60]}
                ) from None
        if len(found) > MOST_NETWORKS:
            raise ListRefused(_("The list is too long."))
    return found


@transaction.atomic
def load_address_list(*, path: Path, name: str, kind: NetworkKind, by: User | None) -> AddressList:
    """Keep the networks of a file under a name, in place of those it had. Raises `ListRefused`, OSError."""
    if not _NAME.fullmatch(name):
        raise ListRefused(_("A name has small letters, digits and dashes."))
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        networks = read_networks(file)
    if not networks:
        raise ListRefused(_("The file has no network: nothing is changed."))
    kept, _made = AddressList.objects.update_or_create(
        name=name,
        defaults={
            "kind": kind,
            "v4": _packed(one for one in networks if one.version == 4),
            "v6": _packed(one for one in networks if one.version == 6),
            "networks": len(networks),
            "loaded_at": timezone.now(),
        },
    )
    audit.record(action="address_list.load", on=kept, by=by)
    return kept


@transaction.atomic
def remove_address_list(*, name: str, by: User | None) -> None:
    """Forget a list; hits that came meanwhile keep its name. Raises `ListRefused` when there is none."""
    kept = AddressList.objects.filter(name=name).first()
    if kept is None:
        raise ListRefused(_("There is no list of this name."))
    audit.record(action="address_list.remove", on=kept, by=by)
    kept.delete()


def _without_comments(lines: Iterable[str]) -> Iterator[str]:
    return (line.partition("#")[0] for line in lines)


def _packed(networks: Iterable[Network]) -> bytes:
    """First and last address of each network, sorted; those inside others and next to each other are one."""
    merged = sorted(ipaddress.collapse_addresses(networks))  # type: ignore[type-var]
    return b"".join(one.network_address.packed + one.broadcast_address.packed for one in merged)
