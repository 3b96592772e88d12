"""Saved trees of conditions: always computed, never copied."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.models import User
from campaign_crm.platform.personal_data import keep
from campaign_crm.platform.rights import Right


class SegmentQuerySet(models.QuerySet["Segment"]):
    def visible_to(self, user: User) -> SegmentQuerySet:
        """Shared segments and one's own; an administrator sees all.

        Without what a condition asks for, not even that it is there, or how many people it has.
        """
        if user.is_administrator:
            return self.all()
        mine = self.filter(models.Q(is_shared=True) | models.Q(created_by=user))
        return mine if user.has_right(Right.SEE_SUPPORT_LEVELS) else mine.filter(tells_support=False)


class Segment(models.Model):
    """A dynamic list. `tree` is {"all"|"any"|"none": [tree or condition, …]}; `version` grows by edits.

    `tells_support`: a condition, of its own or of a segment inside, reads support levels.
    """

    name = models.CharField(_("name"), max_length=120, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    tree = models.JSONField(_("conditions"))
    version = models.PositiveIntegerField(default=1)
    is_shared = models.BooleanField(_("shared with the team"), default=True)
    tells_support = models.BooleanField(default=False, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[Segment]] = SegmentQuerySet.as_manager()
    personal_data = keep(
        *("id", "name", "description", "tree", "version", "is_shared", "tells_support"),
        *("created_by", "created_at", "updated_at"),
    )

    class Meta:
        triggers = kept_history(unseen=("updated_at",))
        verbose_name = _("segment")

    def __str__(self) -> str:
        return self.name
