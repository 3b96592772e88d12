"""What a host for links is asked: does it lead here?"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views import View

from messaging.domains.arrival import here

LONGEST_WORD = 64


class Here(View):
    """`/here/<word>`: a keyed hash of the word, which nobody but this installation can make."""

    def get(self, request: HttpRequest, word: str) -> HttpResponse:
        if len(word) > LONGEST_WORD:
            return HttpResponse(status=404)
        return HttpResponse(here(word), content_type="text/plain", headers={"Cache-Control": "no-store"})
