"""The limit of the ingest benchmark: a bare Django view that appends to a stream and answers; no middleware.

`granian … tests.benchmarks.support.bare_append:application`, with INGEST_REDIS_URL in the environment.
"""

from __future__ import annotations

import os

import django
import redis
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import re_path

STREAM = "bench:bare"
FIELDS = {"hit": "x" * 230}  # as long as ours
client = redis.Redis.from_url(os.environ["INGEST_REDIS_URL"])


def append(_request: HttpRequest) -> HttpResponse:
    client.xadd(STREAM, FIELDS)
    return HttpResponse(b"GIF89a", content_type="image/gif", headers={"Content-Length": "6"})


urlpatterns = [re_path("", append)]
settings.configure(ROOT_URLCONF=__name__, MIDDLEWARE=[], ALLOWED_HOSTS=["*"], SECRET_KEY="x" * 50)
django.setup()
application = WSGIHandler()
