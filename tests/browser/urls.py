"""The product's URLs and one page more: every component of docs/screens.md, for the browser tests."""

from django.contrib import admin
from django.urls import path

import tests.browser.admin_pages  # noqa: F401 - two admin tables
from campaign_crm.urls import handler400, handler403, handler404, handler500, urlpatterns
from tests.browser.catalogue import Catalogue

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

# The admin's URLs are worked out anew: another test may have loaded the product's before these tables.
urlpatterns = [
    path("catalogue/", Catalogue.as_view(), name="catalogue"),
    path("admin/", admin.site.urls),
    *urlpatterns,
]
