"""A domain that messages come from, and the keys that sign them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.history import kept_history
from campaign_crm.platform.personal_data import keep


class SenderDomainQuerySet(models.QuerySet["SenderDomain"]):
    def of(self, name: str) -> SenderDomain | None:
        """The domain that answers for mail from `name`: itself, or the nearest one above it."""
        labels = name.lower().split(".")
        above = [".".join(labels[start:]) for start in range(len(labels) - 1)]
        return max(self.filter(name__in=above), key=lambda found: len(found.name), default=None)


class SenderDomain(models.Model):
    """What is published for one domain; names are ASCII and in lower case.

    `return_path_host` is where returns come back to (a name below the domain), as a mail exchanger or alias
    (`return_path_type`) of `return_path_target`. `tracking_host` carries the public pages of its messages;
    `former_tracking_hosts` are in messages that have left, and are answered for ever. `spf_terms` and
    `relay_selectors`: what a provider asks for, empty where it is worked out or nobody else signs.
    """

    class ReturnPath(models.TextChoices):
        MX = "mx", _("a mail server that takes them (MX)")
        CNAME = "cname", _("your provider’s host (CNAME)")

    name = models.CharField(_("domain"), max_length=253, unique=True)
    return_path_host = models.CharField(_("host for returns"), max_length=253, blank=True)
    return_path_type = models.CharField(
        _("returns are taken by"), max_length=8, choices=ReturnPath.choices, default=ReturnPath.MX
    )
    return_path_target = models.CharField(_("name of that server"), max_length=253, blank=True)
    tracking_host = models.CharField(_("host for links"), max_length=253, blank=True)
    former_tracking_hosts = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    spf_terms = models.CharField(_("servers allowed to send (SPF)"), max_length=400, blank=True)
    relay_selectors = ArrayField(models.CharField(max_length=63), default=list, blank=True)
    checked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager[SenderDomain]] = SenderDomainQuerySet.as_manager()
    personal_data = keep(
        *["id", "name", "return_path_host", "return_path_type", "return_path_target", "tracking_host"],
        *["former_tracking_hosts", "spf_terms", "relay_selectors", "checked_at", "created_at"],
    )

    class Meta:
        triggers = kept_history(unseen=("checked_at",))
        verbose_name = _("sender domain")
        verbose_name_plural = _("sender domains")
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(
                fields=["tracking_host"],
                condition=~models.Q(tracking_host=""),
                name="domain_tracking_host_once",
                violation_error_message=_("Another domain has this host for its links."),
            ),
            models.UniqueConstraint(
                fields=["return_path_host"],
                condition=~models.Q(return_path_host=""),
                name="domain_return_path_once",
                violation_error_message=_("Another domain has this host for its returns."),
            ),
            models.CheckConstraint(
                condition=models.Q(return_path_host="") | ~models.Q(return_path_target=""),
                name="domain_return_path_has_target",
                violation_error_message=_("Say which server takes the returns."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DomainKey(models.Model):
    """One key that signs (DKIM), published at `<selector>._domainkey.<domain>`.

    Keys come in generations, one RSA-2048 and one Ed25519 key each; two generations may be alive at once, so
    that what the older one has signed can still be verified. `sealed_private_key` is `crypto.seal`ed
    {"pem": …} and empty once retired.
    """

    class Algorithm(models.TextChoices):
        RSA = "rsa", "RSA-2048"
        ED25519 = "ed25519", "Ed25519"

    domain = models.ForeignKey(SenderDomain, on_delete=models.CASCADE, related_name="keys")
    generation = models.PositiveSmallIntegerField()
    algorithm = models.CharField(max_length=8, choices=Algorithm.choices)
    selector = models.CharField(max_length=63)
    sealed_private_key = models.TextField(blank=True)
    public_record = models.TextField()
    proven_at = models.DateTimeField(null=True)  # when its record was first found published
    retired_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    personal_data = keep(
        *["id", "domain", "generation", "algorithm", "selector", "sealed_private_key", "public_record"],
        *["proven_at", "retired_at", "created_at"],
    )

    class Meta:
        triggers = kept_history(unseen=("proven_at",), unsaid=("sealed_private_key",))
        verbose_name = _("signing key")
        ordering = ("domain_id", "-generation", "-algorithm")
        constraints = [
            models.UniqueConstraint(fields=["domain", "selector"], name="domain_key_selector_once"),
            models.UniqueConstraint(
                fields=["domain", "generation", "algorithm"], name="domain_key_one_an_algorithm"
            ),
            models.CheckConstraint(
                condition=models.Q(retired_at__isnull=False) | ~models.Q(sealed_private_key=""),
                name="domain_key_private_until_retired",
            ),
        ]

    def __str__(self) -> str:
        return self.host

    @property
    def host(self) -> str:
        """The name under which its public half is published."""
        return f"{self.selector}._domainkey.{self.domain.name}"
