"""`/api/v1/rules/`: what the program asks of every message, by which law, and how it stands here."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaign_crm.platform.api.views import Conventions
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from contacts.rules.rulebook import all_in_force


class RuleSerializer(serializers.Serializer[object]):
    """`sentence` is what is read when the answer is no; `held_by` names what in the program holds it."""

    rule = serializers.CharField()
    law = serializers.CharField()
    question = serializers.CharField()
    sentence = serializers.CharField()
    severity = serializers.CharField()
    fixed = serializers.BooleanField()
    held_by = serializers.CharField()


class RulesApi(Conventions):
    """Every rule of the rulebook; other operations name them by their keys."""

    scope = Scope.CAMPAIGNS_READ
    right = Right.VIEW_COMPLIANCE

    @extend_schema(responses=RuleSerializer(many=True))
    def get(self, request: Request) -> Response:
        told = [
            {
                "rule": one.rule.key,
                "law": one.rule.source,
                "question": str(one.rule.question),
                "sentence": str(one.rule.refusal),
                "severity": one.severity.value,
                "fixed": one.rule.fixed,
                "held_by": one.rule.held_by,
            }
            for one in all_in_force()
        ]
        return Response(RuleSerializer(told, many=True).data)
