"""The pages of django-allauth that this product offers: no public sign-up, no change of address."""

from allauth.account.urls import urlpatterns as account_patterns
from allauth.mfa.urls import urlpatterns as mfa_patterns
from django.urls import include, path

OFFERED = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",  # allauth names it everywhere; the page says that accounts are opened by the team
    "account_reauthenticate",
    "account_change_password",
    "account_set_password",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
}

urlpatterns = [pattern for pattern in account_patterns if getattr(pattern, "name", None) in OFFERED]
urlpatterns += [path("2fa/", include(mfa_patterns))]
