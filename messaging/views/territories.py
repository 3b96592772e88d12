"""Versions of a mailing by territory: who has written what, and the page where one is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from campaign_crm.platform.rights import Right
from contacts.enums import TerritoryKind
from contacts.errors import ContactsError
from contacts.models import Territory
from messaging.errors import MessagingError
from messaging.models import Campaign, CampaignVariant
from messaging.services.variants import (
    KINDS,
    is_tested,
    may_write_version,
    open_blocks,
    remove_version,
    save_version,
    senders_for,
)
from messaging.services.version_counts import VersionCounts, count_versions
from messaging.views.campaign import OneCampaign
from messaging.views.campaigns import mailings
from messaging.views.drafts import CheckDraft, PreviewDraft, SaveDraft
from messaging.views.parts import OnePart, PartComposer
from messaging.views.version_document import VersionDocument

CHIPS: tuple[tuple[str, Any], ...] = (
    ("", gettext_lazy("Regions")),
    ("departments", gettext_lazy("Departments")),
    ("own", gettext_lazy("With a version")),
)


@dataclass(frozen=True)
class Row:
    """One territory. `above`: its region's version, which its people read when it has none of its own."""

    territory: Territory
    version: CampaignVariant | None
    above: CampaignVariant | None
    written: int
    blocks: int
    may_write: bool

    @property
    def state(self) -> str:
        if self.version is not None:
            return "opted_out" if self.version.opted_out else "own"
        return "above" if self.above is not None and not self.above.opted_out else "missing"


class TerritoryVersions(OneCampaign):
    """Every region or department with what it has written."""

    template_name = "messaging/territories.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        show = self.request.GET.get("show", "")
        return super().get_context_data(
            step="territories",
            tab="territories",
            rows=self._rows(show),
            chips=CHIPS,
            show=show,
            blocks=len(open_blocks(self.campaign.blocks)),
            versions=self.campaign.variants.regional().count(),
            is_tested=is_tested(self.campaign),
            **kwargs,
        )

    def _rows(self, show: str) -> list[Row]:
        campaign = self.campaign
        versions = {
            version.territory_id: version
            for version in campaign.variants.regional().select_related("sender").defer("compiled")
        }
        chosen = {"departments": Q(kind=TerritoryKind.DEPARTMENT), "own": Q(pk__in=list(versions))}
        kinds = chosen.get(show, Q(kind=TerritoryKind.REGION))
        places = Territory.objects.filter(kinds, kind__in=KINDS).order_by("-kind", "name_folded")
        user, national = self.request.user, open_blocks(campaign.blocks)
        return [
            Row(
                territory=place,
                version=versions.get(place.pk),
                above=versions.get(place.parent_id),
                written=len(set(versions[place.pk].replaced) & set(national)) if place.pk in versions else 0,
                blocks=len(national),
                may_write=campaign.is_editable and may_write_version(user, campaign, place),
            )
            for place in places
        ]


class OneVersion(OnePart[VersionDocument]):
    """A page or an answer about the version of one territory."""

    def load(self) -> VersionDocument:
        campaigns = mailings().select_related("sender", "operation").defer("compiled")
        campaign = get_object_or_404(campaigns, pk=self.kwargs["pk"])
        return VersionDocument(
            campaign, get_object_or_404(Territory, pk=self.kwargs["place"], kind__in=KINDS)
        )


class VersionComposer(OneVersion, PartComposer[VersionDocument]):
    """Write the local blocks of one territory beside the whole message."""

    template_name = "messaging/version.html"
    page_of_all = "messaging:campaign_territories"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        document = self.find()
        campaign, place = document.campaign, document.territory
        writable = campaign.is_editable and not is_tested(campaign)
        if not writable or not may_write_version(request.user, campaign, place):
            return redirect("messaging:campaign_territories", pk=campaign.pk)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        territory = self.find().territory
        return super().get_context_data(
            territory=territory, senders=senders_for(territory), step="territories", **kwargs
        )


class SaveVersion(OneVersion, SaveDraft):
    """Take what is written for one territory."""


class CheckVersion(OneVersion, CheckDraft):
    """What is still wrong with the whole message of one territory."""

    right_required = Right.VIEW_CAMPAIGNS


class PreviewVersion(OneVersion, PreviewDraft):
    """The whole message as people of one territory get it."""

    right_required = Right.VIEW_CAMPAIGNS


class VersionAct(OneVersion, View):
    """Keep the national message, write one's own after all, or take a version away."""

    def post(self, request: HttpRequest, pk: int, place: int, act: str) -> HttpResponse:
        document = self.find()
        revision = request.POST.get("revision", "")
        where: dict[str, Any] = {
            "campaign": document.campaign,
            "territory": document.territory,
            "revision": int(revision) if revision.isdecimal() and len(revision) < 9 else -1,
            "by": request.user,
        }
        try:
            match act:
                case "opt-out" | "opt-in":
                    save_version(**where, opted_out=act == "opt-out")
                case "remove":
                    remove_version(**where)
                case _:
                    raise Http404
        except MessagingError as error:
            messages.error(request, str(error))
        return redirect(f"{reverse('messaging:campaign_territories', args=[pk])}{_shown(request)}")


def _shown(request: HttpRequest) -> str:
    """The same part of the table as before."""
    show = request.POST.get("show", "")
    return f"?show={show}" if show in dict(CHIPS) and show else ""


@dataclass(frozen=True)
class VersionsSent:
    """Who gets which version: (name, people, version or None for the national message), most people first."""

    lines: list[tuple[str, int, CampaignVariant | None]]
    without_agreement: int


def versions_of(campaign: Campaign) -> VersionsSent | None:
    """What the page before sending says of them; None for a mailing without any, or without an audience."""
    versions = list(campaign.variants.regional().select_related("sender").defer("compiled"))
    if not versions:
        return None
    try:
        counts = count_versions(campaign)
    except ContactsError:
        return None
    return VersionsSent(_lines(versions, counts), counts.without_agreement)


def _lines(
    versions: list[CampaignVariant], counts: VersionCounts
) -> list[tuple[str, int, CampaignVariant | None]]:
    own = [
        (version.label, counts.people.get(version.number, 0), version)
        for version in versions
        if not version.opted_out
    ]
    national = (_("National message"), counts.people.get(0, 0), None)
    return [*sorted(own, key=lambda line: (-line[1], line[0])), national]
