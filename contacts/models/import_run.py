"""Imports: one file, one run, its counts, what it changed and what it refused."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import erase, keep
from campaign_crm.platform.sealed import SealedJSON


class Import(models.Model):
    """One file on its way into the base.

    `mapping`: {column index: field}. `options`: policy, tags, list. `preview` and `counts`:
    {"rows", "new", "updated", "unchanged", "duplicate", "rejected", "linked", "to_review"}.
    """

    class Kind(models.TextChoices):
        ROLL = "roll", _("Electoral roll")
        ADDRESS_BOOK = "address-book", _("Address book")
        BROKER = "broker", _("Broker file")
        SUPPRESSION = "suppression", _("Opt-out file")
        ENRICHMENT = "enrichment", _("Enrichment")

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("To map")
        PREVIEWING = "previewing", _("Preview under way")
        PREVIEWED = "previewed", _("Ready")
        RUNNING = "running", _("Under way")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Stopped")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    source = models.ForeignKey("contacts.Source", null=True, on_delete=models.PROTECT, related_name="imports")
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.UPLOADED)
    recurring = models.ForeignKey(
        "contacts.RecurringImport", null=True, on_delete=models.SET_NULL, related_name="imports"
    )
    file_name = models.CharField(_("file"), max_length=255)
    file_path = models.CharField(max_length=500)
    file_bytes = models.BigIntegerField(default=0)
    file_sha256 = models.CharField(max_length=64, blank=True)
    layout = models.JSONField(default=dict)  # encoding, delimiter, header, recognised format
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    preview = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    job = models.ForeignKey("platform.Job", null=True, on_delete=models.SET_NULL)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now())
    writing_began_at = models.DateTimeField(null=True)  # from then on it can be undone, and no longer changed
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    personal_data = keep(
        *[
            "id",
            "kind",
            "source",
            "state",
            "recurring",
            "file_name",
            "file_path",
            "file_bytes",
            "file_sha256",
            "layout",
            "mapping",
            "options",
            "preview",
        ],
        *["counts", "error", "job", "created_by", "created_at", "writing_began_at"],
        *["finished_at", "undone_at"],
    )

    class Meta:
        verbose_name = _("import")
        indexes = [models.Index(fields=["-created_at"], name="import_newest")]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.get_kind_display()})"

    @property
    def has_begun(self) -> bool:
        """True when something of the file may have been written."""
        return self.writing_began_at is not None


class ImportReject(models.Model):
    """A row that was not imported, or not whole: its values as they came, and every reason."""

    import_run = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rejects")
    line = models.PositiveIntegerField(_("line"))
    values = SealedJSON()  # people who are nobody's yet: they stand sealed
    reasons = ArrayField(models.CharField(max_length=200))

    personal_data = keep("id", "import_run", "line", "reasons") | erase("values")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["import_run", "line"], name="import_reject_line_unique")
        ]

    def __str__(self) -> str:
        return f"{self.import_run_id}:{self.line}"


class ImportChange(models.Model):
    """The earlier value of a field that an import changed on a row that existed, so that it can return.

    `as_of`: the day on which the values of a person were collected, else the moment they came in.
    """

    import_run = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="changes")
    table = models.CharField(max_length=40)
    row_id = models.BigIntegerField()
    before = models.JSONField()  # {field: earlier value}
    after = models.JSONField()  # {field: value the import wrote}
    as_of = models.DateTimeField(null=True)

    personal_data = keep("id", "import_run", "table", "row_id", "as_of") | erase("before", "after")

    class Meta:
        indexes = [models.Index(fields=["table", "row_id"], name="import_change_row")]

    def __str__(self) -> str:
        return f"{self.import_run_id} {self.table} {self.row_id}"
