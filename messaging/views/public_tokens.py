"""Tokens of public addresses: the right one, or the same 404 as for any other."""

from __future__ import annotations

from typing import TypeVar

from django.http import Http404

from messaging.content.tokens import BadToken, Token, read_token

Wanted = TypeVar("Wanted", bound=Token)


def token_or_404(text: str, kind: type[Wanted]) -> Wanted:
    """The token of an address, of this kind."""
    try:
        token = read_token(text)
    except BadToken:
        raise Http404 from None
    if not isinstance(token, kind):
        raise Http404
    return token
