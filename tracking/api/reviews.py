"""`/api/v1/mailings/<id>/review/`: what keeps a mailing from leaving, who is left out, and by which rule."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaign_crm.platform.api.views import Conventions
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from contacts.enums import UnreachableReason
from contacts.rules.reasons import RULE_OF
from messaging.models import Campaign
from messaging.services.pre_send import PreSend, pre_send


class ObstacleSerializer(serializers.Serializer[object]):
    """`rule`: key of the rule of law, empty where none is to blame."""

    about = serializers.CharField()
    rule = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField()


class WarningSerializer(serializers.Serializer[object]):
    rule = serializers.CharField()
    sentence = serializers.CharField()


class LeftOutSerializer(serializers.Serializer[object]):
    """People who do not get it, counted once each by the most final reason."""

    reason = serializers.CharField()
    rule = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField()
    people = serializers.IntegerField()


class ReviewSerializer(serializers.Serializer[object]):
    may_leave = serializers.BooleanField()
    recipients = serializers.IntegerField()
    targeted = serializers.BooleanField()
    obstacles = ObstacleSerializer(many=True)
    warnings = WarningSerializer(many=True)
    left_out = LeftOutSerializer(many=True)


class ReviewApi(Conventions):
    """The page before sending; of a mailing that was frozen, whom it was frozen for and who was left out."""

    scope = Scope.CAMPAIGNS_READ
    right = Right.VIEW_CAMPAIGNS

    @extend_schema(responses=ReviewSerializer)
    def get(self, request: Request, pk: int) -> Response:
        campaign = get_object_or_404(Campaign.objects.mailings(), pk=pk)
        told = _as_frozen(campaign) if campaign.frozen_at is not None else _before(pre_send(campaign))
        return Response(ReviewSerializer(told).data)


def _before(found: PreSend) -> dict[str, Any]:
    return {
        "may_leave": found.may_leave,
        "recipients": found.recipients,
        "targeted": found.targeted,
        "obstacles": [
            {"about": one.about.value, "rule": one.rule, "sentence": one.message} for one in found.obstacles
        ],
        "warnings": [{"rule": one.rule.key, "sentence": one.said} for one in found.warnings],
        "left_out": _left_out(found.excluded),
    }


def _as_frozen(campaign: Campaign) -> dict[str, Any]:
    return {
        "may_leave": True,
        "recipients": campaign.audience_count or 0,
        "targeted": campaign.targeted,
        "obstacles": [],
        "warnings": [],
        "left_out": _left_out({UnreachableReason(name): n for name, n in campaign.excluded.items()}),
    }


def _left_out(excluded: dict[UnreachableReason, int]) -> list[dict[str, Any]]:
    return [
        {
            "reason": reason.value,
            "rule": RULE_OF.get(reason, ""),
            "sentence": str(reason.label),
            "people": people,
        }
        for reason, people in excluded.items()
        if people
    ]
