"""What the registry knows about Amazon SES."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.providers.base import Channel, Provider
from messaging.providers.errors import ProviderRefused, ProviderUnavailable
from messaging.providers.http import answers
from messaging.providers.http.checks import CHECK_TIMEOUT, findings, named
from messaging.providers.http.config import HttpConfig
from messaging.providers.http.transport import UNREACHABLE
from messaging.providers.registry import Finding, ProviderKind, Settings
from messaging.providers.ses.config import FIELDS, config_of
from messaging.providers.ses.provider import SesProvider


def create(settings: Settings) -> Provider:
    return SesProvider(config_of(settings))


def check(settings: Settings) -> list[Finding]:
    """Ask whether the account may send, how much, and for whom. Sends nothing."""
    return findings(settings, _ask)


def _ask(settings: Settings) -> Iterator[Finding]:
    client = _client(config_of(settings))
    try:
        account = client.get_account()
        identities = client.list_email_identities(PageSize=100)["EmailIdentities"]
    except ClientError as error:
        raise _refusal(error) from error
    except BotoCoreError as error:
        raise ProviderUnavailable(UNREACHABLE, detail=type(error).__name__) from error
    finally:
        client.close()
    yield from _about_account(account)
    ready = [one["IdentityName"] for one in identities if one.get("SendingEnabled")]
    if ready:
        yield Finding("ok", _("Domains and addresses that may send: %(names)s.") % {"names": named(ready)})
    else:
        yield Finding("error", _("No domain or address is verified with the provider: nothing can be sent."))


def _client(config: HttpConfig) -> Any:
    return boto3.client(
        "sesv2",
        region_name=config["region"],
        aws_access_key_id=config["access_key_id"],
        aws_secret_access_key=config["secret_access_key"],
        endpoint_url=config.base,
        config=Config(
            retries={"total_max_attempts": 1}, connect_timeout=CHECK_TIMEOUT, read_timeout=CHECK_TIMEOUT
        ),
    )


def _refusal(error: ClientError) -> ProviderRefused:
    told = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    detail = answers.clean(str(told.get("Message", "")))
    return ProviderRefused(answers.BAD_CREDENTIALS if status == 403 else answers.NOT_ALLOWED, detail=detail)


def _about_account(account: Any) -> Iterator[Finding]:
    if not account.get("SendingEnabled", True):
        yield Finding("error", _("Amazon has paused sending for this account: ask their support."))
    elif account.get("EnforcementStatus") not in (None, "HEALTHY"):
        yield Finding("warning", _("Amazon watches this account for bounces or complaints."))
    if not account.get("ProductionAccessEnabled", True):
        yield Finding(
            "warning",
            _("Amazon's sandbox: only verified addresses get messages. Ask Amazon for production access."),
        )
    quota = account.get("SendQuota") or {}
    if quota:
        numbers = {
            "rate": number_format(quota.get("MaxSendRate", 0), 0),
            "day": number_format(quota.get("Max24HourSend", 0), 0, force_grouping=True),
        }
        yield Finding("ok", _("At most %(rate)s messages a second and %(day)s a day.") % numbers)


KIND = ProviderKind(
    name="ses",
    label=gettext_lazy("Amazon SES"),
    channel=Channel.EMAIL,
    fields=FIELDS,
    create=create,
    check=check,
)
