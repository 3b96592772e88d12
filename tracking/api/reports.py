"""`/api/v1/mailings/`: mailings and what came back."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaign_crm.platform.api import filters
from campaign_crm.platform.api.chosen import ChosenFields
from campaign_crm.platform.api.views import Conventions, ListView
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from contacts.enums import Channel
from messaging.enums import CampaignState
from messaging.models import Campaign, Experiment
from messaging.services.experiment_sides import test_of
from tracking.selectors import NOT_ON_LISTS, campaign_report


class MailingSerializer(ChosenFields, serializers.ModelSerializer[Campaign]):
    class Meta:
        model = Campaign
        fields = [
            "id",
            "name",
            "channel",
            "kind",
            "state",
            "subject",
            "audience_count",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields


class LinkSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    url = serializers.CharField()
    label = serializers.CharField()
    clicks = serializers.IntegerField()


class DepartmentSerializer(serializers.Serializer[Any]):
    """One department; those with fewer than ten recipients are together, their `code` empty."""

    code = serializers.CharField()
    name = serializers.CharField()
    delivered = serializers.IntegerField()
    opened = serializers.IntegerField()
    clicked = serializers.IntegerField()
    unsubscribed = serializers.IntegerField()


class VersionSerializer(serializers.Serializer[Any]):
    """One version: of a territory, or of a test (`number` 0 is version A, the mailing itself).

    Those with fewer than ten recipients are together, their `number` -1. Counts of everybody who got it,
    whoever waited for the result of a test too.
    """

    number = serializers.IntegerField()
    name = serializers.CharField()
    sender = serializers.CharField()
    recipients = serializers.IntegerField()
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    clicked = serializers.IntegerField()
    unsubscribed = serializers.IntegerField()


class SideFiguresSerializer(serializers.Serializer[Any]):
    """One version as it was when the test was looked at; `goal`: people who did what it is decided by."""

    number = serializers.IntegerField()
    recipients = serializers.IntegerField()
    reached = serializers.IntegerField()
    goal = serializers.IntegerField()
    unsubscribed = serializers.IntegerField()
    complained = serializers.IntegerField()


class ExperimentSerializer(serializers.ModelSerializer[Experiment]):
    """The test of a mailing's versions. `outcome` is empty before `looked_at`; `chosen`: the number of the
    version that the others get, null while it is open."""

    figures = SideFiguresSerializer(many=True)

    class Meta:
        model = Experiment
        fields = [
            "sample_percent",
            "wait_hours",
            "goal",
            "if_none",
            "sample_sent_at",
            "looked_at",
            "outcome",
            "figures",
            "chosen",
            "decided_at",
        ]
        read_only_fields = fields


class ReportSerializer(serializers.Serializer[Any]):
    """Counts of people, robots set aside; `measured` of `delivered` agreed to be measured one by one.

    `proxied`: messages whose images a privacy proxy fetched (Gmail, Apple), read or not; in no other figure.
    """

    audience = serializers.IntegerField()
    states = serializers.DictField(child=serializers.IntegerField())
    delivered = serializers.IntegerField()
    measured = serializers.IntegerField()
    opened = serializers.IntegerField()
    clicked = serializers.IntegerField()
    clicks = serializers.IntegerField()
    unsubscribed = serializers.IntegerField()
    proxied = serializers.IntegerField()
    set_aside = serializers.IntegerField()
    links = LinkSerializer(many=True)
    territories = DepartmentSerializer(many=True)
    versions = VersionSerializer(many=True)
    test = ExperimentSerializer(allow_null=True)


class MailingsApi(ListView[Campaign]):
    """List mailings, newest first."""

    scope = Scope.CAMPAIGNS_READ
    right = Right.VIEW_CAMPAIGNS
    serializer_class = MailingSerializer
    narrowed_by = (
        filters.choice("state", CampaignState.values, lambda rows, state: rows.filter(state=state)),
        filters.choice("channel", Channel.values, lambda rows, channel: rows.filter(channel=channel)),
        filters.moment("started_since", lambda rows, at: rows.filter(started_at__gte=at)),
    )

    def get_queryset(self) -> QuerySet[Campaign]:
        mailings: QuerySet[Campaign] = Campaign.objects.mailings().defer(*NOT_ON_LISTS)
        return mailings


class ReportApi(Conventions):
    """The report of one mailing."""

    scope = Scope.CAMPAIGNS_READ
    right = Right.VIEW_CAMPAIGNS

    @extend_schema(responses=ReportSerializer)
    def get(self, request: Request, pk: int) -> Response:
        campaign = get_object_or_404(Campaign.objects.mailings().defer(*NOT_ON_LISTS), pk=pk)
        report = {**vars(campaign_report(campaign)), "test": test_of(campaign)}
        return Response(ReportSerializer(report).data)
