"""Settings of an Amazon SES account."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.providers.http.config import HttpConfig, common_fields, read_config
from messaging.providers.registry import SettingField, Settings

CONNECTIONS = 8  # 50 messages a call: several calls at once hide the time of each
REGION = r"[a-z]{2}(-[a-z]+)+-\d"

FIELDS = (
    SettingField(
        "region",
        gettext_lazy("Region"),
        required=True,
        default="eu-west-3",
        help=gettext_lazy("Where the account sends from: eu-west-3 is Paris."),
    ),
    SettingField("access_key_id", gettext_lazy("Access key ID"), type="secret", required=True),
    SettingField(
        "secret_access_key",
        gettext_lazy("Secret access key"),
        type="secret",
        required=True,
        help=gettext_lazy("Of a user that may do ses:SendBulkEmail, ses:SendEmail and ses:Get*, ses:List*."),
    ),
    SettingField(
        "configuration_set",
        gettext_lazy("Configuration set"),
        help=gettext_lazy("The one that reports events to this installation."),
    ),
    *common_fields(CONNECTIONS),
)


def config_of(settings: Settings) -> HttpConfig:
    """Raises SettingsInvalid."""
    region = str(settings.get("region") or FIELDS[0].default)
    patterns = {
        "region": (REGION, _("is a region's code, such as eu-west-3")),
        "configuration_set": (r"[A-Za-z0-9_-]{1,64}", _("has letters, digits, dashes and underscores only")),
    }
    base = f"https://email.{region}.amazonaws.com"
    return read_config(settings, FIELDS, base=base, connections=CONNECTIONS, patterns=patterns)
