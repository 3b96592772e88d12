"""Conversations with people: what they wrote, what the team answered, who takes care of it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import erase, keep
from contacts.scoped import ScopedManager


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def shown(self) -> ConversationQuerySet:
        """Those of people who may be shown, and of nobody known."""
        return self.exclude(contact__erased_at__isnull=False)

    def to_do(self, at: datetime) -> ConversationQuerySet:
        """Open ones, and those that were put off until now."""
        return self.filter(state=Conversation.State.OPEN).filter(
            Q(snoozed_until=None) | Q(snoozed_until__lte=at)
        )

    def snoozed(self, at: datetime) -> ConversationQuerySet:
        return self.filter(state=Conversation.State.OPEN, snoozed_until__gt=at)

    def done(self) -> ConversationQuerySet:
        return self.filter(state=Conversation.State.DONE)


class Conversation(models.Model):
    """Messages of one person, or of one address that is nobody's yet, on one subject.

    `thread` is the subject without "Re:" and marks, folded: what comes with the same one joins it. `awaits`:
    the last word was theirs.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("of a conversation", "To do")
        DONE = "done", pgettext_lazy("of a conversation", "Done")

    contact = models.ForeignKey(
        "contacts.Contact", null=True, on_delete=models.CASCADE, related_name="conversations", db_index=False
    )
    name = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=254, blank=True)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    thread = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    snoozed_until = models.DateTimeField(_("put off until"), null=True, blank=True)
    awaits = models.BooleanField(default=True)
    last_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())

    objects = ScopedManager.from_queryset(ConversationQuerySet)()
    personal_data = keep(
        "id", "contact", "state", "assignee", "snoozed_until", "awaits", "last_at", "created_at"
    ) | erase("name", "address", "subject", "thread")

    class Meta:
        triggers = kept_history(
            person="contact_id",
            unseen=("last_at", "awaits"),
            unsaid=("name", "address", "subject", "thread"),
        )
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        indexes = [
            models.Index(fields=["state", "-last_at"], name="conversation_newest"),
            models.Index(fields=["contact", "thread"], name="conversation_of_person"),
            models.Index(fields=["address"], name="conversation_nobodys", condition=Q(contact=None)),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def who(self) -> str:
        """Whose it is, as the team reads it."""
        return str(self.contact) if self.contact is not None else self.name or self.address


class ConversationMessage(models.Model):
    """One message of a conversation; a filed one that named nobody has none yet.

    `source` and `source_key` say where it came from (`tracking.inbox.sources`): the same is kept once. What
    the team writes is `pending` until a worker has put it in the ledger, where `occasion` is its own number.
    """

    class Direction(models.TextChoices):
        IN = "in", _("From them")
        OUT = "out", _("From us")
        FILED = "filed", _("Filed from a mail program")

    conversation = models.ForeignKey(
        Conversation, null=True, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    contact = models.ForeignKey(
        "contacts.Contact", null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    direction = models.CharField(max_length=5, choices=Direction.choices)
    source = models.CharField(max_length=20)
    source_key = models.CharField(max_length=64)
    at = models.DateTimeField(_("moment"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    address = models.CharField(max_length=254, blank=True)  # theirs
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    text = models.TextField(_("message"), blank=True)
    message_id = models.CharField(max_length=250, blank=True)
    in_reply_to = models.CharField(max_length=250, blank=True)
    answers = models.BooleanField(default=False)  # of one from us: the person wrote first
    pending = models.BooleanField(default=False)
    refusal = models.CharField(max_length=300, blank=True)  # why it did not leave
    campaign = models.ForeignKey(
        "messaging.Campaign", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    objects: ClassVar[models.Manager[ConversationMessage]] = ScopedManager()
    personal_data = keep(
        *["id", "conversation", "contact", "direction", "source", "source_key", "at", "author", "answers"],
        *["pending", "refusal", "campaign"],
    ) | erase("address", "subject", "text", "message_id", "in_reply_to")

    class Meta:
        verbose_name = _("message of a conversation")
        verbose_name_plural = _("messages of conversations")
        constraints = [models.UniqueConstraint(fields=["source", "source_key"], name="conversation_once")]
        indexes = [
            models.Index(fields=["conversation", "at"], name="conversation_messages"),
            models.Index(fields=["contact", "-at"], name="conversation_timeline"),
            models.Index(
                fields=["author", "-at"], name="conversation_unfiled", condition=Q(conversation=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.source_key}"


class CannedAnswer(models.Model):
    """A text that the team answers with again and again; variables in braces, such as {first_name}."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    text = models.TextField(_("text"), max_length=5000)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now())

    personal_data = keep("id", "name", "text", "created_by", "created_at")

    class Meta:
        triggers = kept_history(unsaid=("text",))
        verbose_name = _("ready answer")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class DropAddress(models.Model):
    """The secret of one member's address for copies: what they write elsewhere is filed by it."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE)
    token = models.CharField(max_length=26, unique=True)
    made_at = models.DateTimeField(db_default=Now())

    personal_data = keep("user", "token", "made_at")

    class Meta:
        triggers = kept_history(key=("user_id",), unsaid=("token",))
        verbose_name = _("address for copies")

    def __str__(self) -> str:
        return f"drop address {self.user_id}"
