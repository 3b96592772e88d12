"""Net growth: people that each source gained and lost, day by day, as a chart with its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import Breadcrumb, StaffView
from contacts.models import Source
from contacts.services.growth import Growth, growth_by_day, growth_by_source

SPANS = (30, 90)  # days
WIDTH, HEIGHT = 640, 150  # units of the SVG view box, as those of the other charts
LABELS = 7  # at most so many labels under the days


@dataclass(frozen=True)
class Bar:
    """What a day gained, above the line, and what it lost, below; sizes in view-box units."""

    label: str
    growth: Growth
    x: float
    width: float
    gained_y: float
    gained_height: float
    lost_height: float
    shows_label: bool

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 2)


@dataclass(frozen=True)
class GrowthChart:
    """`line` is the height at which neither was gained nor lost."""

    bars: list[Bar]
    line: float


def chart_of(growth: Mapping[date, Growth]) -> GrowthChart:
    """Place the days side by side on one scale for both directions."""
    most_gained = max((one.gained for one in growth.values()), default=0)
    most_lost = max((one.lost for one in growth.values()), default=0)
    scale = HEIGHT / max(most_gained + most_lost, 1)
    line = round(HEIGHT - most_lost * scale, 2)
    step = WIDTH / max(len(growth), 1)
    gap = min(step * 0.25, 6)
    every = -(-len(growth) // LABELS)
    bars = []
    for index, (day, one) in enumerate(growth.items()):
        gained, lost = _height(one.gained, scale), _height(one.lost, scale)
        bars.append(
            Bar(
                label=date_format(day, "j N"),
                growth=one,
                x=round(index * step + gap / 2, 2),
                width=round(step - gap, 2),
                gained_y=round(line - gained, 2),
                gained_height=gained,
                lost_height=lost,
                shows_label=(len(growth) - 1 - index) % every == 0,
            )
        )
    return GrowthChart(bars, line)


def _height(value: int, scale: float) -> float:
    """Something is seen where something happened."""
    return round(max(value * scale, 2), 2) if value else 0


class SourceGrowthPage(StaffView, TemplateView):
    """`?days=30|90`, `?source=` for one of them."""

    right_required = Right.VIEW_COMPLIANCE
    title = gettext_lazy("Growth by source")
    subtitle = gettext_lazy("People whom a source named for the first time, less those who went.")
    template_name = "contacts/sources/growth.html"

    def get_breadcrumbs(self) -> list[Breadcrumb]:
        return [(_("Where data comes from"), reverse("contacts:sources"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET.get("days", "")
        days = int(asked) if asked in {str(span) for span in SPANS} else SPANS[0]
        chosen = self.request.GET.get("source", "")
        source = Source.objects.filter(pk=chosen).first() if chosen.isdecimal() else None
        by_day = growth_by_day(days=days, source=source)
        by_source = growth_by_source(days=days)
        return super().get_context_data(
            days=days,
            spans=SPANS,
            source=source,
            chart=chart_of(by_day),
            total=sum(by_day.values(), Growth()),
            sources=by_source,
            **kwargs,
        )
