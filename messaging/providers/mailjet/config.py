"""Settings of a Mailjet account."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from messaging.providers.http.config import HttpConfig, common_fields, read_config
from messaging.providers.registry import SettingField, Settings

BASE = "https://api.mailjet.com"
CONNECTIONS = 4  # 50 messages a call

FIELDS = (
    SettingField(
        "api_key",
        gettext_lazy("API key"),
        type="secret",
        required=True,
        help=gettext_lazy("Mailjet › Account › API key management: the public one."),
    ),
    SettingField("secret_key", gettext_lazy("Secret key"), type="secret", required=True),
    *common_fields(CONNECTIONS),
)


def config_of(settings: Settings) -> HttpConfig:
    """Raises SettingsInvalid."""
    return read_config(settings, FIELDS, base=BASE, connections=CONNECTIONS)
