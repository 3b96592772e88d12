"""Imports that come again: a place that is looked at on a schedule, and what was taken from it."""

from __future__ import annotations

from datetime import time
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import erase, keep
from contacts.models.import_run import Import


class RecurringImportQuerySet(models.QuerySet["RecurringImport"]):
    def due(self) -> RecurringImportQuerySet:
        """Those to look at now: none whose last file still waits for its end, or for a person."""
        return self.filter(is_paused=False, next_at__lte=Now(), open_import=None)


class RecurringImport(models.Model):
    """A place with files or cards, how often it is looked at, and how each of its files is read.

    `location`: where the place is (its form says which keys). `sealed_credentials`: password, private key
    (`crypto.seal`). `host_key`: the SFTP server's public key that somebody confirmed, in OpenSSH's form.
    `mappings`: {signature of the columns: {folded name: field}} of imports that went well; `options`: theirs.
    `sync`: what a CardDAV server wants to hear next time. `open_import`: taken, and not ended yet;
    `questions`: why it waits for a person, [{"code", "found", "limit"}].
    """

    class Place(models.TextChoices):
        FOLDER = "folder", _("Folder of the server")
        SFTP = "sftp", _("SFTP drop")
        CARDDAV = "carddav", _("CardDAV address book")

    class Every(models.TextChoices):
        HOUR = "hour", _("Every hour")
        DAY = "day", _("Every day")
        WEEK = "week", _("Every week")

    name = models.CharField(_("name"), max_length=100, unique=True)
    place = models.CharField(_("place"), max_length=8, choices=Place.choices)
    location = models.JSONField(default=dict)
    sealed_credentials = models.TextField(blank=True)
    host_key = models.TextField(blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=Import.Kind.choices)
    source = models.ForeignKey("contacts.Source", on_delete=models.PROTECT, related_name="recurring_imports")
    mappings = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    every = models.CharField(_("how often"), max_length=4, choices=Every.choices, default=Every.DAY)
    at = models.TimeField(_("at"), default=time(3))
    weekday = models.PositiveSmallIntegerField(_("on"), default=0, validators=[MaxValueValidator(6)])
    most_rejected = models.PositiveSmallIntegerField(
        _("rejected rows, in per cent"), default=5, validators=[MaxValueValidator(100)]
    )
    most_new = models.PositiveIntegerField(
        _("new people"), default=1_000, validators=[MinValueValidator(1)], null=True, blank=True
    )
    most_gone = models.PositiveSmallIntegerField(
        _("cards that are gone, in per cent"), default=20, validators=[MaxValueValidator(100)]
    )
    is_paused = models.BooleanField(default=False)
    next_at = models.DateTimeField(db_default=Now())
    checked_at = models.DateTimeField(null=True)
    sync = models.JSONField(default=dict)
    job = models.ForeignKey("platform.Job", null=True, on_delete=models.SET_NULL, related_name="+")
    open_import = models.ForeignKey(Import, null=True, on_delete=models.SET_NULL, related_name="+")
    questions = models.JSONField(default=list)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[RecurringImport]] = RecurringImportQuerySet.as_manager()
    personal_data = keep(
        *["id", "name", "place", "location", "sealed_credentials", "host_key", "kind", "source", "mappings"],
        *["options", "every", "at", "weekday", "most_rejected", "most_new", "most_gone", "is_paused"],
        *["next_at", "checked_at", "sync", "job", "open_import", "questions", "error", "created_by"],
        "created_at",
    )

    class Meta:
        triggers = kept_history(
            unseen=(*("next_at", "checked_at", "sync", "job_id", "open_import_id", "questions", "error"),),
            unsaid=("sealed_credentials",),
        )
        verbose_name = _("recurring import")
        verbose_name_plural = _("recurring imports")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(place__in=["folder", "sftp", "carddav"]), name="recurring_place_known"
            ),
            models.CheckConstraint(
                condition=models.Q(every__in=["hour", "day", "week"]), name="recurring_every_known"
            ),
            models.CheckConstraint(condition=models.Q(weekday__lte=6), name="recurring_weekday_known"),
        ]

    def __str__(self) -> str:
        return self.name


class RecurringFile(models.Model):
    """A file of a place, or a card of an address book, as it was when it was last read.

    A file has one row a content (`sha256`); a card has one row (`etag`, no `sha256`). `is_taken`: this row
    became an import, or was refused with `error`; the same content is never taken again, under no name.
    """

    recurring = models.ForeignKey(RecurringImport, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=1000)
    size = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    etag = models.CharField(max_length=300, blank=True)
    is_taken = models.BooleanField(default=True)
    import_run = models.ForeignKey(Import, null=True, on_delete=models.SET_NULL, related_name="+")
    error = models.TextField(blank=True)
    taken_at = models.DateTimeField(db_default=Now())

    personal_data = keep(
        *["id", "recurring", "size", "changed_at", "sha256", "is_taken", "import_run", "error", "taken_at"]
    ) | erase("name", "etag")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recurring", "name", "sha256"], name="recurring_file_once"),
            models.UniqueConstraint(
                fields=["recurring", "sha256"],
                condition=models.Q(is_taken=True) & ~models.Q(sha256=""),
                name="recurring_content_taken_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of recurring import {self.recurring_id}"
