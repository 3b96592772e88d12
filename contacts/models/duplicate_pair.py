"""Two people of the base who may be one, and what was decided."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import erase, keep
from contacts.scoped import ScopedManager


class DuplicatePair(models.Model):
    """A pair that waits in the review queue, or a decision on it. `first` is the older record.

    `different` ("not the same") is remembered: the pair is never proposed again. A pair that was merged is no
    pair any more; see `Merge`. `score` (0 to 1) orders the queue, the surest first; `evidence` says which
    facts agree or not: {"email": "same", "birth_date": "differs", …}.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("To review")
        DIFFERENT = "different", _("Not the same")

    first = models.ForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    score = models.FloatField(default=0)
    evidence = models.JSONField(default=dict)
    created_by_import = models.ForeignKey(
        "contacts.Import", null=True, on_delete=models.SET_NULL, related_name="duplicate_pairs"
    )
    created_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    decided_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[DuplicatePair]] = ScopedManager()
    personal_data = keep("id", "first", "second", "state", "score", "created_by_import") | erase(
        "evidence", "created_at", "decided_by", "decided_at"
    )

    class Meta:
        verbose_name = _("possible duplicate")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_pair_unique"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="duplicate_pair_ordered"
            ),
        ]
        indexes = [
            models.Index(
                fields=["-score", "id"], name="duplicate_pending", condition=models.Q(state="pending")
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ~ {self.second_id} {self.state}"
