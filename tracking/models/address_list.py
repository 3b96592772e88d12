"""Published addresses of security scanners and privacy proxies."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.personal_data import keep
from tracking.enums import NetworkKind


class AddressList(models.Model):
    """The networks of one operator, such as "apple-relay", as `manage.py load_address_ranges` read them.

    `v4` and `v6`: first and last address of each network, packed, sorted and apart from each other, so that a
    web process looks one up without unpacking them (`tracking.ingest.networks`).
    """

    name = models.SlugField(primary_key=True, max_length=40)
    kind = models.CharField(max_length=8, choices=NetworkKind.choices)
    v4 = models.BinaryField()
    v6 = models.BinaryField()
    networks = models.PositiveIntegerField()  # as the file has them
    loaded_at = models.DateTimeField(db_default=Now())

    personal_data = keep("name", "kind", "v4", "v6", "networks", "loaded_at")

    class Meta:
        verbose_name = _("list of addresses")

    def __str__(self) -> str:
        return self.name
