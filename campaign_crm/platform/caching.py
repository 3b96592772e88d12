"""A cache that may be lost at any moment: without it, things are computed, and limits are counted here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis import RedisError

from campaign_crm.platform.walls import key_of_scope

logger = logging.getLogger(__name__)
Value = TypeVar("Value")


class LosableCache(RedisCache):
    """Valkey or Redis; while it is away, the memory of this process.

    Signing in goes on, and is limited still: by each process for itself, until the server is back.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._here = LocMemCache("while-away", {})

    def add(self, *args: Any, **options: Any) -> Any:
        return self._either("add", *args, **options)

    def get(self, *args: Any, **options: Any) -> Any:
        return self._either("get", *args, **options)

    def set(self, *args: Any, **options: Any) -> Any:
        return self._either("set", *args, **options)

    def touch(self, *args: Any, **options: Any) -> Any:
        return self._either("touch", *args, **options)

    def delete(self, *args: Any, **options: Any) -> Any:
        return self._either("delete", *args, **options)

    def has_key(self, *args: Any, **options: Any) -> Any:
        return self._either("has_key", *args, **options)

    def incr(self, *args: Any, **options: Any) -> Any:
        return self._either("incr", *args, **options)

    def get_many(self, *args: Any, **options: Any) -> Any:
        return self._either("get_many", *args, **options)

    def set_many(self, *args: Any, **options: Any) -> Any:
        return self._either("set_many", *args, **options)

    def _either(self, name: str, *args: Any, **options: Any) -> Any:
        try:
            return getattr(RedisCache, name)(self, *args, **options)
        except RedisError as error:
            logger.warning("Cache away (%s); using this process's memory", type(error).__name__)
            return getattr(self._here, name)(*args, **options)


def remembered(key: str, *, seconds: int, compute: Callable[[], Value]) -> Value:
    """The cached value of `key`, else `compute()`, kept for `seconds`; one scope never sees another's."""
    key += key_of_scope()
    found: Value | None = cache.get(key)
    if found is not None:
        return found
    value = compute()
    cache.set(key, value, timeout=seconds)
    return value
