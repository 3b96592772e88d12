"""By which account a chunk leaves: of several ways of a sender, those that can take messages now, by weight.

A way that warms up, and has come to its messages of the day at one family of mailboxes, takes the others'.

Rows that are surely not accepted wait in the ledger like any others, so the next account simply claims them;
what may have been accepted is `unknown` and never claimed: no failover sends twice.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import connection

from messaging.dispatch import warm_up
from messaging.dispatch.ledger import Key, Row
from messaging.models import ProviderAccount, SenderIdentity, SenderRoute


@dataclass(frozen=True)
class Way:
    """One account with its share; `departments` None: it carries messages to anywhere.

    `full`: families of mailboxes to which its warm-up lets nothing more leave now.
    """

    account: ProviderAccount
    weight: int
    departments: frozenset[str] | None = None
    full: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ways:
    """The ways of one sender that can take messages now."""

    ways: tuple[Way, ...]

    @property
    def departments(self) -> list[str] | None:
        """Where messages may go now; None: anywhere."""
        if any(way.departments is None for way in self.ways):
            return None
        return sorted({code for way in self.ways for code in way.departments or ()})

    def pick(self, chance: random.Random) -> ProviderAccount | None:
        """An account for messages to anywhere; None when every open way is of some territory."""
        return _chosen([way for way in self.ways if way.departments is None], chance)

    def split(
        self, rows: Sequence[Row], general: ProviderAccount | None, chance: random.Random
    ) -> list[tuple[ProviderAccount, list[Row]]]:
        """Rows by the account that carries them: of their territory where there is one, else `general`.

        Where that one is full for a family, another that is not; if all are, it lets them wait.
        """
        if all(way.departments is None and not way.full for way in self.ways):
            return [(general, list(rows))] if general is not None else []
        families: Mapping[Key, str] = {}
        if any(way.full for way in self.ways):
            families = warm_up.families_of_rows(rows)
        accounts: dict[tuple[str, str], ProviderAccount | None] = {}
        found: dict[ProviderAccount, list[Row]] = defaultdict(list)
        for row in rows:
            place = (row.department, families.get(row.key, ""))
            if place not in accounts:
                accounts[place] = self._carrier(*place, general, chance)
            account = accounts[place]
            if account is not None:
                found[account].append(row)
        return list(found.items())

    def _carrier(
        self, department: str, family: str, general: ProviderAccount | None, chance: random.Random
    ) -> ProviderAccount | None:
        own = [way for way in self.ways if department in (way.departments or ())]
        preferred = [way for way in self.ways if way.account == general and way.departments is None]
        anywhere = [way for way in self.ways if way.departments is None]
        for ways in (own, preferred, anywhere):
            if account := _chosen([way for way in ways if family not in way.full], chance):
                return account
        return _chosen(own, chance) or general

    def without(self, account: ProviderAccount) -> Ways:
        return Ways(tuple(way for way in self.ways if way.account != account))


def every_way(sender: SenderIdentity) -> Ways:
    """All ways of a sender that are in use, whether they can take messages now or not."""
    routes = list(
        SenderRoute.objects.filter(sender=sender)
        .select_related("provider_account", "territory")
        .order_by("pk")
    )
    places = _departments([route.territory_id for route in routes if route.territory_id is not None])
    ways = [Way(sender.provider_account, sender.weight)]
    ways += [
        Way(
            route.provider_account,
            route.weight,
            None if route.territory_id is None else places.get(route.territory_id, frozenset()),
        )
        for route in routes
    ]
    return Ways(tuple(way for way in ways if way.account.is_active))


def open_ways(sender: SenderIdentity, closed: Collection[int]) -> Ways:
    """The ways of a sender but those of `closed` accounts, which rest or have come to a cap."""
    ways = (way for way in every_way(sender).ways if way.account.pk not in closed)
    return Ways(
        tuple(
            replace(way, full=warm_up.full_families(way.account)) if way.account.warm_up_from else way
            for way in ways
        )
    )


def _chosen(ways: Sequence[Way], chance: random.Random) -> ProviderAccount | None:
    """One by weight; reserves (weight 0) only where nothing else is open."""
    weighted = [way for way in ways if way.weight] or list(ways)
    if not weighted:
        return None
    weights = [max(1, way.weight) for way in weighted]
    return chance.choices(weighted, weights)[0].account


def _departments(territories: Sequence[int]) -> dict[int, frozenset[str]]:
    """The codes of the departments in each territory, itself included."""
    if not territories:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT a.ancestor_id, array_agg(t.code) FROM contacts_territoryancestor a
            JOIN contacts_territory t ON t.id = a.descendant_id AND t.kind = 'department'
            WHERE a.ancestor_id = ANY(%s) GROUP BY 1""",
            [list(territories)],
        )
        return {territory: frozenset(codes) for territory, codes in cursor.fetchall()}
