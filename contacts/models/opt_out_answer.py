"""Whether the programs that people came from have an opt-out file: asked before the first mailing."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep


class OptOutAnswer(models.Model):
    """Who said no where a source comes from: in an opt-out file, or nobody has one (`import_run` is null).

    None is ever changed; that of a file which is undone counts no more.
    """

    source = models.ForeignKey(
        "contacts.Source", on_delete=models.PROTECT, related_name="opt_out_answers", verbose_name=_("source")
    )
    import_run = models.ForeignKey(
        "contacts.Import",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("opt-out file"),
    )
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    said_at = models.DateTimeField(db_default=Now())

    personal_data = keep("id", "source", "import_run", "said_by", "said_at")

    class Meta:
        triggers = kept_history()
        verbose_name = _("answer on opt-out files")

    def __str__(self) -> str:
        return f"{self.source_id} {self.said_by_id} {self.said_at}"
