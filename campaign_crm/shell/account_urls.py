"""The pages of django-allauth that this product offers: no public sign-up, no change of address."""

from allauth.account.urls import urlpatterns as account_patterns
from allauth.mfa.urls import urlpatterns as mfa_patterns
from allauth.socialaccount.urls import urlpatterns as social_patterns
from django.urls import include, path

from campaign_crm.shell.views import single_sign_on

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
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
}
EVERY = [*account_patterns, *social_patterns]

urlpatterns = [pattern for pattern in EVERY if getattr(pattern, "name", None) in OFFERED]
urlpatterns += [
    path("2fa/", include(mfa_patterns)),
    path("oidc/<slug:provider_id>/login/", single_sign_on.there, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/login/callback/", single_sign_on.back, name="openid_connect_callback"),
]
