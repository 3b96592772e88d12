"""`?fields=id,last_name`: an answer holds what is asked for, and what is not asked for is not read."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from rest_framework.request import Request

from campaign_crm.platform.api.filters import CHOSEN
from campaign_crm.platform.api.problems import InvalidParameter
from campaign_crm.platform.typed import line_of


def chosen_fields(request: Request | None, known: list[str]) -> frozenset[str]:
    """The fields that an answer has; raises InvalidParameter for one that it never has."""
    if request is None or CHOSEN not in request.query_params:
        return frozenset(known)
    asked = {name.strip() for name in request.query_params[CHOSEN].split(",")}
    unknown = sorted(asked - set(known))
    if unknown:
        raise InvalidParameter(
            CHOSEN,
            _("There is no field “%(name)s”. There are: %(names)s.")
            % {"name": line_of(unknown[0], at_most=60), "names": ", ".join(known)},
        )
    return frozenset(asked)


class ChosenFields:
    """A serializer whose fields `?fields=` chooses: put it first among the base classes."""

    can_be_chosen = True

    @cached_property
    def fields(self) -> Any:
        found = super().fields  # type: ignore[misc]
        if self._is_the_answer:
            kept = chosen_fields(self.context.get("request"), list(found))  # type: ignore[attr-defined]
            for name in set(found) - kept:
                found.pop(name)
        return found

    @property
    def _is_the_answer(self) -> bool:
        """Not a part of another serializer."""
        parent = self.parent  # type: ignore[attr-defined]
        return parent is None or (getattr(parent, "many", False) and parent.parent is None)
