"""A cache that may be lost at any moment: without it, things are computed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache
from redis import RedisError

logger = logging.getLogger(__name__)
Value = TypeVar("Value")


def remembered(key: str, *, seconds: int, compute: Callable[[], Value]) -> Value:
    """The cached value of `key`, else `compute()`, kept for `seconds`."""
    try:
        found: Value | None = cache.get(key)
    except RedisError as error:
        logger.warning("Cache away (%s); computing %s", type(error).__name__, key)
        return compute()
    if found is not None:
        return found
    value = compute()
    try:
        cache.set(key, value, timeout=seconds)
    except RedisError:
        logger.warning("Cache away; %s is not kept", key)
    return value
