"""Reads that span models: a campaign's report, the dashboard, a person's activity."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Count, Max, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from campaign_crm.platform.caching import remembered
from contacts.enums import Channel, TerritoryKind
from contacts.models import Territory
from messaging.enums import SHOWN_AS, DeliveryState, ShownState
from messaging.models import Campaign, Delivery, Link
from tracking.cells import SMALLEST_CELL as SMALLEST_CELL
from tracking.cells import large_cells
from tracking.enums import InteractionKind, Metric
from tracking.models import CampaignCounter, Interaction
from tracking.reach_figures import reach_figures
from tracking.version_figures import VersionLine, version_lines

DELIVERED = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.COMPLAINED)
COUNTED_EACH_TIME_BELOW = 20_000  # recipients: above, the report keeps what it counted for a while
UNDER_WAY_KEPT_SECONDS, ENDED_KEPT_SECONDS = 15, 300
SIGN_UPS_KEPT_SECONDS = 60  # of a whole country's month, hundreds of thousands of rows are read
LedgerRow = tuple[str, str, int, bool, int]
NOT_ON_LISTS = ("blocks", "compiled", "audience_tree", "excluded")  # large columns of a mailing


@dataclass(frozen=True)
class LinkLine:
    number: int
    url: str
    label: str
    clicks: int


@dataclass(frozen=True)
class TerritoryLine:
    """One department, or all small ones together (`code` "")."""

    code: str
    name: str
    delivered: int
    opened: int
    clicked: int
    unsubscribed: int


@dataclass(frozen=True)
class CampaignReport:
    """What came back. Opens and clicks count people, robots set aside; `measured` of `delivered` agreed to be
    measured one by one, the others are counted without a name. `proxied`: messages whose images a privacy
    proxy fetched, which hides whether somebody read them. A mailing with versions by territory is told by
    `versions` and not by `territories`: from both, one could subtract a few people. `is_test`: its versions
    are those of a test, drawn by lot, which says nothing of places."""

    audience: int
    states: dict[DeliveryState, int]
    delivered: int
    measured: int
    opened: int
    clicked: int
    clicks: int
    unsubscribed: int
    proxied: int
    set_aside: int
    links: list[LinkLine] = field(default_factory=list)
    territories: list[TerritoryLine] = field(default_factory=list)
    versions: list[VersionLine] = field(default_factory=list)
    is_test: bool = False

    @property
    def shown_states(self) -> dict[ShownState, int]:
        """The five words people read, each with its count."""
        shown = dict.fromkeys(ShownState, 0)
        for state, number in self.states.items():
            shown[SHOWN_AS[state]] += number
        return shown


def campaign_report(campaign: Campaign) -> CampaignReport:
    """The report of a campaign, from the ledger and the counters."""
    rows = _ledger_rows(campaign)
    states: dict[DeliveryState, int] = defaultdict(int)
    delivered_in: dict[str, int] = defaultdict(int)
    of_versions: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    measured = 0
    for state, department, variant, is_measured, number in rows:
        of_versions[variant][state] += number
        states[DeliveryState(state)] += number
        if state in DELIVERED:
            delivered_in[department] += number
            measured += number if is_measured else 0
    totals, of_links, of_places = _counters(campaign)
    versions = version_lines(campaign, of_versions) if set(of_versions) - {0} else []
    is_test = bool(versions) and campaign.variants.tested().exists()
    return CampaignReport(
        audience=campaign.audience_count or 0,
        states=dict(states),
        delivered=sum(delivered_in.values()),
        measured=measured,
        opened=totals[Metric.UNIQUE_OPENS],
        clicked=totals[Metric.UNIQUE_CLICKS],
        clicks=totals[Metric.CLICKS],
        unsubscribed=totals[Metric.UNSUBSCRIBES],
        proxied=totals[Metric.PROXY_OPENS],
        set_aside=totals[Metric.SET_ASIDE],
        links=_link_lines(campaign, of_links),
        territories=[] if versions and not is_test else _territory_lines(delivered_in, of_places),
        versions=versions,
        is_test=is_test,
    )


def _ledger_rows(campaign: Campaign) -> list[LedgerRow]:
    """(state, department, version, measured, recipients); of a large mailing some seconds or minutes old."""
    if (campaign.audience_count or 0) < COUNTED_EACH_TIME_BELOW:
        return _count_ledger(campaign)
    ended = campaign.finished_at is not None
    return remembered(
        f"report-ledger-by-version-{campaign.pk}-{'ended' if ended else 'under-way'}",
        seconds=ENDED_KEPT_SECONDS if ended else UNDER_WAY_KEPT_SECONDS,
        compute=lambda: _count_ledger(campaign),
    )


def _count_ledger(campaign: Campaign) -> list[LedgerRow]:
    deliveries = Delivery.objects.of_campaign(campaign)  # type: ignore[attr-defined]
    by = ("state", "department", "variant", "measured")
    return list(deliveries.values_list(*by).annotate(Count("state")))


def _counters(
    campaign: Campaign,
) -> tuple[dict[str, int], dict[int, int], dict[str, dict[str, int]]]:
    totals: dict[str, int] = defaultdict(int)
    of_links: dict[int, int] = defaultdict(int)
    of_places: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    rows = (
        CampaignCounter.objects.filter(campaign_id=campaign.pk)
        .values_list("metric", "link_number", "department")
        .annotate(Sum("delta"))
    )
    for metric, link, department, number in rows:
        totals[metric] += number
        of_places[department][metric] += number
        if metric == Metric.CLICKS and link is not None:
            of_links[link] += number
    return totals, of_links, of_places


def _link_lines(campaign: Campaign, of_links: dict[int, int]) -> list[LinkLine]:
    links = Link.objects.filter(campaign=campaign).order_by("number")
    lines = [LinkLine(link.number, link.url, link.label, of_links.get(link.number, 0)) for link in links]
    return sorted(lines, key=lambda line: -line.clicks)


def _territory_lines(
    delivered_in: dict[str, int], of_places: dict[str, dict[str, int]]
) -> list[TerritoryLine]:
    """One line a department of `SMALLEST_CELL` recipients or more; the others, and the unknown, together.

    If those together are fewer still, the smallest department joins them: a cell of three people says what
    three people did, whatever it is called.
    """
    names = dict(
        Territory.objects.filter(kind=TerritoryKind.DEPARTMENT, code__in=list(delivered_in)).values_list(
            "code", "name"
        )
    )
    large = large_cells(delivered_in, set(names))
    cells: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for code in set(delivered_in) | set(of_places):
        cell, counted = cells[code if code in large else ""], of_places.get(code, {})
        cell[0] += delivered_in.get(code, 0)
        cell[1] += counted.get(Metric.UNIQUE_OPENS, 0)
        cell[2] += counted.get(Metric.UNIQUE_CLICKS, 0)
        cell[3] += counted.get(Metric.UNSUBSCRIBES, 0)
    lines = [TerritoryLine(code, names.get(code, ""), *values) for code, values in cells.items()]
    return sorted(lines, key=lambda line: (line.code == "", -line.delivered, line.code))


def campaign_figures(campaign_ids: list[int]) -> dict[int, dict[str, int]]:
    """Messages opened and clicked of several campaigns, in one query: {id: {"opened": n, "clicked": n}}."""
    shown = {Metric.UNIQUE_OPENS: "opened", Metric.UNIQUE_CLICKS: "clicked"}
    found: dict[int, dict[str, int]] = {pk: dict.fromkeys(shown.values(), 0) for pk in campaign_ids}
    rows = (
        CampaignCounter.objects.filter(campaign_id__in=campaign_ids, metric__in=list(shown))
        .values_list("campaign_id", "metric")
        .annotate(Sum("delta"))
    )
    for campaign_id, metric, number in rows:
        found[campaign_id][shown[Metric(metric)]] = number
    return found


@dataclass(frozen=True)
class Dashboard:
    """The base at a glance. `people` and `electors` are planner estimates above a threshold (`≈`)."""

    people: int
    people_exact: bool
    electors: int
    electors_exact: bool
    reach: dict[Channel, int]
    reach_counted_at: datetime | None
    sign_ups: list[tuple[date, int]]
    under_way: list[Campaign]
    recent: list[Campaign]


def dashboard(*, days: int = 30) -> Dashboard:
    """Figures of the home page; no table-wide count of a big table."""
    people, people_exact = _size("contacts_contact")
    electors, electors_exact = _size("contacts_electoralregistration")
    mailings = Campaign.objects.mailings().defer(*NOT_ON_LISTS)  # type: ignore[attr-defined]
    reach = reach_figures(small_base=people_exact)
    return Dashboard(
        people=people,
        people_exact=people_exact,
        electors=electors,
        electors_exact=electors_exact,
        reach=reach.by_channel,
        reach_counted_at=reach.counted_at,
        sign_ups=remembered(
            f"sign-ups-per-day-{timezone.localdate()}-{days}",
            seconds=SIGN_UPS_KEPT_SECONDS,
            compute=lambda: sign_ups_per_day(days=days),
        ),
        under_way=list(mailings.under_way().select_related("sender").order_by("-started_at")[:5]),
        recent=list(mailings.exclude(audience_count=None).order_by("-created_at")[:5]),
    )


EXACT_BELOW = 50_000


def _size(table: str) -> tuple[int, bool]:
    """Rows of a table: counted when small, else the planner's estimate."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
        estimate = cursor.fetchone()[0]
        if estimate >= EXACT_BELOW:
            return estimate, False
        cursor.execute(f"SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {EXACT_BELOW + 1}) AS sample")  # noqa: S608 - our own table names
        counted = cursor.fetchone()[0]
    return (counted, True) if counted <= EXACT_BELOW else (max(counted, estimate), False)


def sign_ups_per_day(*, days: int) -> list[tuple[date, int]]:
    """(day, sign-ups) for each of the last `days` days, today last, in the installation's time zone."""
    today = timezone.localdate()
    first = today - timedelta(days=days - 1)
    since = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    rows = dict(
        Interaction.objects.filter(campaign=None, at__gte=since, kind=InteractionKind.SIGN_UP)
        .annotate(day=TruncDate("at"))
        .values_list("day")
        .annotate(Count("event_id"))
    )
    return [(first + timedelta(days=n), rows.get(first + timedelta(days=n), 0)) for n in range(days)]


def last_activity(contact_id: int) -> datetime | None:
    """When this person last did something we may tie to them."""
    found: datetime | None = Interaction.objects.filter(contact_id=contact_id).aggregate(Max("at"))["at__max"]
    return found
