"""How staff accounts behave in django-allauth."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from campaign_crm.platform.addresses import client_address
from campaign_crm.platform.models import User

UNKNOWN = "0.0.0.0"  # noqa: S104 # nosec - no address to listen at: those whose address cannot be known share a limit


class StaffAccountAdapter(DefaultAccountAdapter):
    """Accounts are created by an administrator: there is no public sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """As everywhere else in the product: what the client itself wrote in X-Forwarded-For is not read."""
        return client_address(request) or UNKNOWN

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Under PUBLIC_URL, whatever host the request named."""
        from campaign_crm.platform.services.team import path_of_key

        return f"{settings.PUBLIC_URL}{path_of_key(key)}"

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """By another process: a page that waits for a mail server tells which addresses have an account."""
        from campaign_crm.platform.sign_in_mail import send_link_soon

        send_link_soon(user)
