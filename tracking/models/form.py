"""Public forms and the versions of them that people saw."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep
from tracking.enums import Confirmation, FormKind
from tracking.forms.content import Content, empty_document, stored


class Form(models.Model):
    """A page where people sign up, sign, answer or write to us.

    `draft` is what the builder shows (`tracking.forms.content`); the public reads `published`, a version that
    never changes. `revision` counts the saves of the draft.
    """

    slug = models.SlugField(_("address of the page"), max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=150)  # of the draft, in its main language
    kind = models.CharField(_("kind"), max_length=16, choices=FormKind.choices, default=FormKind.SIGN_UP)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="fr")
    draft = models.JSONField(default=empty_document)
    revision = models.PositiveIntegerField(default=1)
    published = models.ForeignKey(
        "tracking.FormVersion", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    newsletters = models.ManyToManyField(
        "contacts.Newsletter", verbose_name=_("newsletters offered"), blank=True
    )
    tag = models.ForeignKey(
        "contacts.Tag",
        verbose_name=_("tag"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        help_text=_("Put on everybody who answers."),
    )
    source = models.ForeignKey("contacts.Source", on_delete=models.PROTECT, related_name="forms")
    is_open = models.BooleanField(pgettext_lazy("of a form", "open"), default=True)
    closes_at = models.DateTimeField(_("closes on"), null=True, blank=True)
    quota = models.PositiveIntegerField(
        _("answers at most"), null=True, blank=True, help_text=_("Then the form closes by itself.")
    )
    confirmation = models.CharField(
        _("confirmation"), max_length=8, choices=Confirmation.choices, default=Confirmation.SOFT
    )
    registers = models.BooleanField(
        _("people register here for something that takes place, or for a task"),
        default=False,
        db_default=False,
        help_text=_(
            "A meeting, a shift, a ticket: then service messages about it may go to whoever confirmed, also "
            "without any other agreement. Leave it empty for newsletters and support."
        ),
    )
    embed_hosts = ArrayField(
        models.CharField(max_length=253),
        verbose_name=_("websites that may show it"),
        default=list,
        blank=True,
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now())

    personal_data = keep(
        *("id", "slug", "title", "kind", "language", "draft", "revision", "published", "newsletters", "tag"),
        *("source", "is_open", "closes_at", "quota", "confirmation", "registers", "embed_hosts"),
        *("created_by", "created_at"),
    )

    class Meta:
        triggers = kept_history()
        verbose_name = _("form")

    def __str__(self) -> str:
        return self.title

    @property
    def content(self) -> Content:
        """What the public reads; of a form that was never published, its draft."""
        return self.published.read() if self.published is not None else stored(self.draft)

    @property
    def takes_answers(self) -> bool:
        """Whether the page is open now; the quota is counted where an answer comes in."""
        ended = self.closes_at is not None and self.closes_at <= timezone.now()
        return self.published_id is not None and self.is_open and not ended

    @property
    def is_changed(self) -> bool:
        """Whether the draft says otherwise than what the public reads."""
        return self.published is None or self.published.content != self.draft


class FormVersion(models.Model):
    """What a form said from one publication to the next: answers keep the version they were given to."""

    form = models.ForeignKey(Form, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    content = models.JSONField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    published_at = models.DateTimeField(db_default=Now())

    personal_data = keep("id", "form", "number", "content", "published_by", "published_at")

    class Meta:
        triggers = kept_history()
        verbose_name = _("version of a form")
        constraints = [models.UniqueConstraint(fields=["form", "number"], name="form_version_number")]

    def __str__(self) -> str:
        return f"{self.form_id} v{self.number}"

    def read(self) -> Content:
        return stored(self.content)
