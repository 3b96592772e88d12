"""`/api/v1/mailings/`: mailings and what came back."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from messaging.models import Campaign
from tracking.selectors import NOT_ON_LISTS, campaign_report


class MailingSerializer(serializers.ModelSerializer[Campaign]):
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


class TerritorySerializer(serializers.Serializer[Any]):
    """One department; those with fewer than ten recipients are together, their `code` empty."""

    code = serializers.CharField()
    name = serializers.CharField()
    delivered = serializers.IntegerField()
    opened = serializers.IntegerField()
    clicked = serializers.IntegerField()
    unsubscribed = serializers.IntegerField()


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
    territories = TerritorySerializer(many=True)


class MailingsApi(ListAPIView[Campaign]):
    """List mailings, newest first."""

    scope = Scope.CAMPAIGNS_READ
    right = Right.VIEW_CAMPAIGNS
    serializer_class = MailingSerializer

    def get_queryset(self) -> QuerySet[Campaign]:
        mailings: QuerySet[Campaign] = Campaign.objects.mailings().defer(*NOT_ON_LISTS)
        return mailings


class ReportApi(APIView):
    """The report of one mailing."""

    scope = Scope.CAMPAIGNS_READ
    right = Right.VIEW_CAMPAIGNS

    @extend_schema(responses=ReportSerializer)
    def get(self, request: Request, pk: int) -> Response:
        campaign = get_object_or_404(Campaign.objects.mailings().defer(*NOT_ON_LISTS), pk=pk)
        return Response(ReportSerializer(campaign_report(campaign)).data)
