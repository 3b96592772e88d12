"""Settings of a Brevo account."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.providers.http.config import HttpConfig, common_fields, read_config
from messaging.providers.registry import SettingField, Settings

BASE = "https://api.brevo.com/v3"
CONNECTIONS = 2  # 100 calls a minute at most: more at once would only wait

FIELDS = (
    SettingField(
        "api_key",
        gettext_lazy("API key"),
        type="secret",
        required=True,
        help=gettext_lazy(
            "Brevo › SMTP & API › API keys. It begins with xkeysib-; an SMTP key does not work."
        ),
    ),
    *common_fields(CONNECTIONS),
)


def config_of(settings: Settings) -> HttpConfig:
    """Raises SettingsInvalid."""
    smtp_key = {"api_key": (r"(?!xsmtpsib-).*", _("this is an SMTP key: an API key begins with xkeysib-"))}
    return read_config(settings, FIELDS, base=BASE, connections=CONNECTIONS, patterns=smtp_key)
