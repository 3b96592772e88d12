"""Public sign-up forms and what people sent."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep, scrub
from contacts.scoped import ScopedManager


class Form(models.Model):
    """A public page where people sign up; `consents` lists the boxes offered, never ticked beforehand.

    `consents`: [{"channel": "email", "purpose": "messages"}, …]; the wording shown is the newest
    ConsentWording of each in the form's language.
    """

    slug = models.SlugField(_("address of the page"), max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=150)
    introduction = models.TextField(_("introduction"), blank=True)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="fr")
    fields = models.JSONField(_("fields"), default=list)  # ["first_name", "last_name", "email", "phone", …]
    consents = models.JSONField(default=list)
    newsletters = models.ManyToManyField(
        "contacts.Newsletter", verbose_name=_("newsletters offered"), blank=True
    )
    tag = models.ForeignKey(
        "contacts.Tag", verbose_name=_("tag"), null=True, blank=True, on_delete=models.SET_NULL
    )
    source = models.ForeignKey("contacts.Source", on_delete=models.PROTECT, related_name="forms")
    thank_you = models.TextField(_("thank-you text"), blank=True)
    is_open = models.BooleanField(pgettext_lazy("of a form", "open"), default=True)
    registers = models.BooleanField(
        _("people register here for something that takes place, or for a task"),
        default=False,
        db_default=False,
        help_text=_(
            "A meeting, a shift, a ticket: then service messages about it may go to whoever confirmed, also "
            "without any other agreement. Leave it empty for newsletters and support."
        ),
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now())

    personal_data = keep(
        *[
            "id",
            "slug",
            "title",
            "introduction",
            "language",
            "fields",
            "consents",
            "newsletters",
            "tag",
            "source",
            "thank_you",
            "is_open",
            "registers",
        ],
        "created_by",
        "created_at",
    )

    class Meta:
        triggers = kept_history()
        verbose_name = _("form")

    def __str__(self) -> str:
        return self.title


class Submission(models.Model):
    """What one person sent by one form; applied to a Contact at once, confirmed by a link in an e-mail."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="submissions")
    contact = models.ForeignKey(
        "contacts.Contact", null=True, on_delete=models.SET_NULL, related_name="submissions"
    )
    data = models.JSONField()
    address_hash = models.BinaryField(max_length=32, null=True)  # keyed; of the e-mail typed
    asked_at = models.DateTimeField(null=True)  # when a link to confirm was sent for this submission
    ip = models.GenericIPAddressField(null=True)
    at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Submission]] = ScopedManager()
    personal_data = keep("id", "form", "contact", "at", "asked_at", "confirmed_at") | scrub(
        "data", "address_hash", "ip"
    )

    class Meta:
        verbose_name = _("submission")
        indexes = [
            models.Index(fields=["form", "-at"], name="submission_newest"),
            models.Index(
                fields=["address_hash", "asked_at"],
                name="submission_asked",
                condition=models.Q(address_hash__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form_id} {self.id}"
