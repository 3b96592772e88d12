"""URLs of the shell: the frame, accounts, the team, health."""

from django.urls import path

from campaign_crm.shell.views import accounts, frame, health, home

app_name = "shell"

urlpatterns = [
    path("", home.Home.as_view(), name="home"),
    path("search/", frame.palette, name="palette"),
    path("language/", frame.language, name="language"),
    path("manifest.webmanifest", frame.manifest, name="manifest"),
    path("start/<str:token>/", accounts.FirstAdministrator.as_view(), name="first_admin"),
    path("profile/", accounts.Profile.as_view(), name="profile"),
    path("settings/team/", accounts.Team.as_view(), name="team"),
    path("settings/team/invite/", accounts.Invite.as_view(), name="invite"),
    path("settings/team/<int:pk>/", accounts.Member.as_view(), name="member"),
    path("live", health.live, name="live"),
    path("ready", health.ready, name="ready"),
    path("progress", health.progress, name="progress"),
]
