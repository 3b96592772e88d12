"""WSGI entry of the web server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign_crm.settings")
application = get_wsgi_application()

from campaign_crm.platform.checks import refuse_another_hash_key  # noqa: E402 - once Django is set up

refuse_another_hash_key()
