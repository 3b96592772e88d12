"""What an adapter raises. `permanent` tells the dispatcher whether waiting can help, or only a person can."""

from __future__ import annotations

from django.utils.translation import gettext_noop


class ProviderError(Exception):
    """Nothing of the call was sent. `permanent`: the same call will fail until a person changes something.

    `text` is an English msgid without any address or secret; `detail` is the provider's own answer, trimmed.
    """

    permanent = False

    def __init__(
        self, text: str, *, detail: str = "", code: int = 0, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{text}: {detail}" if detail else text)
        self.text = text
        self.detail = detail
        self.code = code
        self.retry_after = retry_after  # seconds, when the provider said how long


class SettingsInvalid(ProviderError):
    """An account's settings cannot work; `problems` maps the field to what is wrong and what to do."""

    permanent = True

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(
            gettext_noop("The settings of this account are not valid"), detail=_sentence(problems)
        )
        self.problems = problems


class ProviderUnavailable(ProviderError):
    """The provider could not be reached or asked to come back later."""


class ProviderRefused(ProviderError):
    """The provider turned this account away: sign-in, certificate, or policy."""

    permanent = True


class UnknownKind(ProviderError):
    permanent = True

    def __init__(self, name: str) -> None:
        super().__init__(gettext_noop("There is no such kind of provider"), detail=name)


class WebhookRefused(ProviderError):
    """The signature is missing or wrong."""

    permanent = True


class WebhookUnreadable(ProviderError):
    permanent = True


def _sentence(problems: dict[str, str]) -> str:
    return "; ".join(f"{field}: {problem}" for field, problem in problems.items())
