"""How staff accounts behave in django-allauth."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class StaffAccountAdapter(DefaultAccountAdapter):
    """Accounts are created by an administrator: there is no public sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
