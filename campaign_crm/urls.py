"""URLs of the whole product."""

from django.contrib import admin
from django.urls import include, path

from campaign_crm.shell.admin_doors import admin_login, may_open_admin

# Signing in to the admin pages is signing in to the product, second step included.
admin.site.login = admin_login(admin.site.login)
admin.site.has_permission = may_open_admin

urlpatterns = [
    path("", include("campaign_crm.shell.urls")),
    path("api/v1/", include("campaign_crm.shell.api")),
    path("accounts/", include("campaign_crm.shell.account_urls")),
    path("", include("contacts.urls")),
    path("", include("messaging.urls")),
    path("", include("tracking.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "campaign_crm.shell.views.errors.bad_request"
handler403 = "campaign_crm.shell.views.errors.forbidden"
handler404 = "campaign_crm.shell.views.errors.not_found"
handler500 = "campaign_crm.shell.views.errors.server_error"
