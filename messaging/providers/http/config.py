"""Settings that every HTTP provider has, and how a kind's settings are read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.providers.errors import SettingsInvalid
from messaging.providers.registry import SettingField
from messaging.providers.smtp.config import is_loopback

MAX_CONNECTIONS = 16
_ONE_LINE = re.compile(r"[!-~]+(?: [!-~]+)*")


def common_fields(connections: int) -> tuple[SettingField, ...]:
    """Fields at the end of every kind's form. `api_url`, `batch_timeout`: for a configuration, not a form."""
    return (
        SettingField(
            "connections",
            gettext_lazy("Calls at once for each worker"),
            type="number",
            default=connections,
            help=gettext_lazy("More is faster, up to what your provider allows."),
        ),
        SettingField(
            "timeout",
            gettext_lazy("Longest wait for an answer (seconds)"),
            type="number",
            default=60,
            help=gettext_lazy(
                "Past this, nobody knows whether the messages were taken, and they are shown as To check."
            ),
        ),
        SettingField(
            "batch_timeout", gettext_lazy("Longest time for one batch (seconds)"), type="number", default=60
        ),
        SettingField("api_url", gettext_lazy("Address of the API")),
    )


@dataclass(frozen=True, slots=True)
class HttpConfig:
    """What the engine needs of a checked account. Times in seconds; `base` has no final slash."""

    base: str
    connections: int
    timeout: float
    batch_timeout: float
    # What the kind itself asks for, by field; credentials among it, so it is never shown.
    own: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> str:
        return self.own[name]


def read_config(
    settings: Mapping[str, Any],
    fields: Sequence[SettingField],
    *,
    base: Mapping[str, str] | str,
    connections: int,
    patterns: Mapping[str, tuple[str, str]] | None = None,
) -> HttpConfig:
    """Check `settings` against a kind's fields; raises SettingsInvalid naming every field that is wrong.

    `base`: the API's address, or one a region (the setting `region`). `patterns`: by field, what its text
    must match, and the sentence that says so.
    """
    reader = _Reader(settings, fields, patterns or {})
    own = reader.own()
    at_home = base if isinstance(base, str) else base.get(own.get("region", ""), "")
    config = HttpConfig(
        base=reader.address(at_home),
        connections=reader.whole("connections", connections, MAX_CONNECTIONS),
        timeout=float(reader.whole("timeout", 60, 600)),
        batch_timeout=float(reader.whole("batch_timeout", 60, 1800)),
        own=own,
    )
    if reader.problems:
        raise SettingsInvalid(reader.problems)
    return config


class _Reader:
    def __init__(
        self,
        settings: Mapping[str, Any],
        fields: Sequence[SettingField],
        patterns: Mapping[str, tuple[str, str]],
    ) -> None:
        self._settings = settings
        self._fields = {one.name: one for one in fields}
        self._patterns = patterns
        self.problems: dict[str, str] = {
            str(name): _("there is no such setting") for name in settings if name not in self._fields
        }

    def own(self) -> dict[str, str]:
        common = {one.name for one in common_fields(1)}
        return {name: self._text(one) for name, one in self._fields.items() if name not in common}

    def _text(self, wanted: SettingField) -> str:
        text = str(self._settings.get(wanted.name) or wanted.default or "").strip()
        if not text:
            if wanted.required:
                self.problems[wanted.name] = _("is needed")
            return ""
        pattern, fault = self._patterns.get(wanted.name, ("", ""))
        if not _ONE_LINE.fullmatch(text):
            self.problems[wanted.name] = _("must be one line, without accents")
        elif wanted.choices and text not in {str(value) for value, _label in wanted.choices}:
            choices = ", ".join(str(value) for value, _label in wanted.choices)
            self.problems[wanted.name] = _("choose one of: %(choices)s") % {"choices": choices}
        elif pattern and not re.fullmatch(pattern, text):
            self.problems[wanted.name] = fault
        return text

    def address(self, at_home: str) -> str:
        """Where the API is: https, or anything on this machine."""
        text = str(self._settings.get("api_url") or at_home).rstrip("/")
        try:
            parts = urlsplit(text)
            host = parts.hostname or ""
        except ValueError:
            host = ""
        if text and (
            not host or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))
        ):
            self.problems["api_url"] = _("must be an https address")
        return text

    def whole(self, name: str, default: int, high: int) -> int:
        value = self._settings.get(name)
        if value is None or value == "":
            return default
        try:
            number = int(str(value))
        except ValueError:
            number = 0
        if not 1 <= number <= high:
            self.problems[name] = _("must be a whole number from %(low)s to %(high)s") % {
                "low": 1,
                "high": high,
            }
            return default
        return number
