"""Extra fields that an organisation adds to people; values live in `Contact.custom`."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep
from contacts.rules.forbidden import forbidden_matter

PROTECTED = _(
    "No extra field holds a nationality, a birthplace, an origin, a religion, an opinion or a state of"
    " health: the law protects them (RGPD, art. 9). How close somebody is to the campaign is noted on their"
    " page, as a support level."
)


class CustomField(models.Model):
    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        BOOLEAN = "boolean", _("Yes or no")
        CHOICE = "choice", _("Choice")

    key = models.CharField(
        _("key"),
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(r"^[a-z][a-z0-9_]*$", _("Use lower-case letters, digits and underscores."))
        ],
    )
    label = models.CharField(_("label"), max_length=80)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.TEXT)
    choices = ArrayField(models.CharField(max_length=80), verbose_name=_("choices"), default=list, blank=True)

    personal_data = keep("id", "key", "label", "kind", "choices")

    class Meta:
        triggers = kept_history()
        verbose_name = _("extra field")
        verbose_name_plural = _("extra fields")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(key__regex=r"^[a-z][a-z0-9_]*$"), name="custom_field_key_form"
            )
        ]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        """Refuse names of what the law lets nobody be chosen by; opinions have support levels."""
        if forbidden_matter(self.label, self.key, *self.choices):
            raise ValidationError(PROTECTED)
