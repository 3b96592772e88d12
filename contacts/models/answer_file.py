"""What a person is given of their data: sealed, for some weeks."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import erase, keep
from campaign_crm.platform.sealed import SealedText


class AnswerFile(models.Model):
    """One file of the answer to a request; `content` is base64, sealed. It goes at `expires_at`."""

    class Form(models.TextChoices):
        PDF = "pdf", "PDF"
        JSON = "json", "JSON"
        CSV = "csv", "CSV"

    request = models.ForeignKey("contacts.PersonRequest", on_delete=models.CASCADE, related_name="files")
    form = models.CharField(max_length=4, choices=Form.choices)
    content = SealedText()
    bytes = models.PositiveIntegerField()
    made_at = models.DateTimeField(_("made"), db_default=Now())
    expires_at = models.DateTimeField(_("until"))

    objects: ClassVar[models.Manager[AnswerFile]] = models.Manager()
    personal_data = keep("id", "request", "form", "bytes", "made_at", "expires_at") | erase("content")

    class Meta:
        verbose_name = _("file of an answer")
        constraints = [models.UniqueConstraint(fields=["request", "form"], name="answer_file_once")]

    def __str__(self) -> str:
        return f"{self.form} of request {self.request_id}"
