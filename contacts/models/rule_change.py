"""What the installation changed of its rulebook, by whom and why."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep
from contacts.enums import Severity


class RuleChange(models.Model):
    """A rule took another severity or figure. Rows are only added: the newest of a rule decides."""

    rule = models.CharField(_("rule"), max_length=32)
    severity = models.CharField(_("severity"), max_length=5, choices=Severity.choices)
    figure = models.PositiveSmallIntegerField(null=True)
    reason = models.TextField(_("reason"))
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    changed_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[RuleChange]] = models.Manager()
    personal_data = keep("id", "rule", "severity", "figure", "reason", "changed_by", "changed_at")

    class Meta:
        verbose_name = _("change of a rule")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(severity__in=Severity.values), name="rule_severity_known"
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="rule_change_has_reason"),
        ]
        indexes = [models.Index(fields=["rule", "-id"], name="rule_newest")]

    def __str__(self) -> str:
        return f"{self.rule}: {self.severity}"
