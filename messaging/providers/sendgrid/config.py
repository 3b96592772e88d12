"""Settings of a SendGrid account."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.providers.http.config import HttpConfig, common_fields, read_config
from messaging.providers.registry import SettingField, Settings

BASES = {"global": "https://api.sendgrid.com", "eu": "https://api.eu.sendgrid.com"}
CONNECTIONS = 2

FIELDS = (
    SettingField(
        "api_key",
        gettext_lazy("API key"),
        type="secret",
        required=True,
        help=gettext_lazy("With the right Mail Send. It begins with SG."),
    ),
    SettingField(
        "region",
        gettext_lazy("Region"),
        type="choice",
        default="global",
        choices=(
            ("global", gettext_lazy("Global")),
            ("eu", gettext_lazy("European Union (a subuser of that region)")),
        ),
    ),
    *common_fields(CONNECTIONS),
)


def config_of(settings: Settings) -> HttpConfig:
    """Raises SettingsInvalid."""
    patterns = {"api_key": (r"\S+", _("has no spaces"))}
    return read_config(settings, FIELDS, base=BASES, connections=CONNECTIONS, patterns=patterns)
