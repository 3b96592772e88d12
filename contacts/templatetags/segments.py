"""Words of segments in templates (`{% load segments %}`)."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def kind_in_words(kind: str) -> str:
    """How the parts of a group go together: "All of these"."""
    return {
        "all": _("All of these:"),
        "any": _("At least one of these:"),
        "none": _("None of these:"),
    }[kind]
