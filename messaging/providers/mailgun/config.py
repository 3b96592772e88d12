"""Settings of a Mailgun account."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.providers.http.config import HttpConfig, common_fields, read_config
from messaging.providers.registry import SettingField, Settings

BASES = {"us": "https://api.mailgun.net", "eu": "https://api.eu.mailgun.net"}
CONNECTIONS = 2

FIELDS = (
    SettingField(
        "domain",
        gettext_lazy("Sending domain"),
        required=True,
        help=gettext_lazy("As it is named in Mailgun, for example mg.example.org"),
    ),
    SettingField(
        "api_key",
        gettext_lazy("API key"),
        type="secret",
        required=True,
        help=gettext_lazy("A sending key of this domain, or a key of the account."),
    ),
    SettingField(
        "region",
        gettext_lazy("Region"),
        type="choice",
        default="eu",
        choices=(("eu", gettext_lazy("European Union")), ("us", gettext_lazy("United States"))),
    ),
    *common_fields(CONNECTIONS),
)


def config_of(settings: Settings) -> HttpConfig:
    """Raises SettingsInvalid."""
    patterns = {"domain": (r"[A-Za-z0-9.-]{3,253}", _("is not a domain name"))}
    return read_config(settings, FIELDS, base=BASES, connections=CONNECTIONS, patterns=patterns)
