"""What became of service messages and tests, by kind and month: nobody opens a page for each of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.dispatch.counting import count_states
from messaging.enums import SHOWN_AS, DeliveryState, ShownState
from messaging.models import Campaign, Delivery
from messaging.models.campaign import SERIES_PREFIX, TEST_PREFIX

MONTHS_SHOWN = timedelta(days=92)


@dataclass
class Line:
    """One kind of service message in one month. `answer`: what keeps those that wait."""

    kind: str
    month: date
    states: Counter[DeliveryState] = field(default_factory=Counter)
    answer: str = ""

    @property
    def label(self) -> str:
        """What it is called on screen; a kind without a name of its own says its own."""
        names = {
            "confirmation": _("Confirmations of sign-ups"),
            "test": _("Tests of mailings"),
            "personal": _("Messages written by hand"),
        }
        return names.get(self.kind, self.kind)

    @property
    def shown(self) -> list[tuple[ShownState, int]]:
        """The five words people read, each with its number."""
        return [
            (word, sum(number for state, number in self.states.items() if SHOWN_AS[state] == word))
            for word in ShownState
        ]

    @property
    def to_check(self) -> int:
        return self.states[DeliveryState.UNKNOWN]


def recent_standing() -> list[Campaign]:
    """Standing campaigns of the last months, tests included, newest month first."""
    first = (timezone.localdate() - MONTHS_SHOWN).replace(day=1)
    found = Campaign.objects.exclude(standing_for="").exclude(standing_for__startswith=SERIES_PREFIX)
    found = found.filter(ledger_month__gte=first)
    return list(found.defer("compiled", "blocks").order_by("-ledger_month", "standing_for"))


def service_lines() -> list[Line]:
    """Figures by kind and month, in a number of queries that does not depend on how many there are."""
    campaigns = recent_standing()
    counts = count_states(campaigns)
    answers = _answers(campaigns)
    lines: dict[tuple[date, str], Line] = {}
    for campaign in campaigns:
        kind = TEST_PREFIX.rstrip(":") if campaign.is_test else campaign.standing_for.partition(":")[0]
        line = lines.setdefault((campaign.ledger_month, kind), Line(kind, campaign.ledger_month))
        line.states.update(counts.get(campaign.pk, {}))
        line.answer = line.answer or answers[campaign.pk]
    return list(lines.values())


def _answers(campaigns: list[Campaign]) -> dict[int, str]:
    """Why messages wait to be tried again, by campaign."""
    found = (
        Delivery.objects.filter(
            campaign_id__in=[campaign.pk for campaign in campaigns],
            ledger_month__in={campaign.ledger_month for campaign in campaigns},
            state=DeliveryState.RETRY_WAIT,
        )
        .values_list("campaign_id")
        .annotate(words=Max("answer"))
    )
    return defaultdict(str, found)
