"""URLs of the shell: the frame, accounts, the team, health."""

from django.conf import settings
from django.urls import path

from campaign_crm.platform.middleware import for_everybody
from campaign_crm.shell.views import (
    accounts,
    api_docs,
    api_keys,
    catcher,
    counting,
    frame,
    health,
    home,
    journal,
    notifications,
    organisation,
    sending,
    single_sign_on,
    team,
    webhooks,
)

app_name = "shell"

urlpatterns = [
    path("", home.Home.as_view(), name="home"),
    path("search/", frame.palette, name="palette"),
    path("language/", for_everybody(frame.language), name="language"),
    path("manifest.webmanifest", for_everybody(frame.manifest), name="manifest"),
    path("favicon.ico", frame.favicon),
    path("start/<str:token>/", for_everybody(accounts.FirstAdministrator.as_view()), name="first_admin"),
    path("profile/", accounts.Profile.as_view(), name="profile"),
    path("profile/unlink/", single_sign_on.Unlink.as_view(), name="unlink"),
    path("profile/sessions/", accounts.Sessions.as_view(), name="sessions"),
    path("notifications/", notifications.Notifications.as_view(), name="notifications"),
    path("notifications/<int:pk>/open/", notifications.NotificationOpen.as_view(), name="notification_open"),
    path("settings/organisation/", organisation.Identity.as_view(), name="organisation"),
    path("logo/<str:name>", for_everybody(organisation.logo), name="logo"),
    path("journal/", journal.Journal.as_view(), name="journal"),
    path("people/<int:pk>/history/", journal.PersonHistory.as_view(), name="person_history"),
    path("settings/sending/", sending.Sending.as_view(), name="sending"),
    path("settings/opens-and-clicks/", counting.Counting.as_view(), name="counting"),
    path("settings/team/", team.Team.as_view(), name="team"),
    path("settings/team/invite/", team.Invite.as_view(), name="invite"),
    path("settings/team/<int:pk>/", team.Member.as_view(), name="member"),
    path("settings/api-keys/", api_keys.ApiKeys.as_view(), name="api_keys"),
    path("settings/api-keys/new/", api_keys.ApiKeyNew.as_view(), name="api_key_new"),
    path("settings/api-keys/<int:pk>/revoke/", api_keys.ApiKeyRevoke.as_view(), name="api_key_revoke"),
    path("settings/webhooks/", webhooks.Webhooks.as_view(), name="webhooks"),
    path("settings/webhooks/new/", webhooks.WebhookNew.as_view(), name="webhook_new"),
    path("settings/webhooks/<int:pk>/", webhooks.WebhookPage.as_view(), name="webhook"),
    path("settings/webhooks/<int:pk>/edit/", webhooks.WebhookEdit.as_view(), name="webhook_edit"),
    path("settings/webhooks/<int:pk>/act/", webhooks.WebhookAct.as_view(), name="webhook_act"),
    path("api/v1/docs/", api_docs.ApiDocs.as_view(), name="api_docs"),
    path("settings/api-keys/<int:pk>/rotate/", api_keys.ApiKeyRotate.as_view(), name="api_key_rotate"),
    path("profile/tokens/", api_keys.Tokens.as_view(), name="tokens"),
    path("profile/tokens/new/", api_keys.TokenNew.as_view(), name="token_new"),
    path("profile/tokens/<int:pk>/revoke/", api_keys.TokenRevoke.as_view(), name="token_revoke"),
    path("live", for_everybody(health.live), name="live"),
    path("ready", for_everybody(health.ready), name="ready"),
    path("progress", for_everybody(health.progress), name="progress"),
]

if settings.MAIL_CATCHER_ENABLED:
    urlpatterns += [
        path("catcher/", catcher.Catcher.as_view(), name="catcher"),
        path("catcher/<str:message_id>/", catcher.Caught.as_view(), name="caught"),
        path("catcher/<str:message_id>/body", catcher.caught_body, name="caught_body"),
        path("catcher/<str:message_id>/source", catcher.caught_source, name="caught_source"),
    ]
