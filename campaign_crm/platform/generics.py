"""Type arguments on Django's generic classes (`forms.ModelForm[Source]`), which only its type stubs know.

At run time the argument is ignored; imported with the first application, before any form or view.
"""

from __future__ import annotations

from typing import Any

from django.forms import BaseFormSet, ModelChoiceField, ModelForm
from django.views.generic import DetailView, FormView, ListView, UpdateView
from django.views.generic.edit import CreateView, DeleteView

GENERIC: tuple[Any, ...] = (
    BaseFormSet,
    CreateView,
    DeleteView,
    DetailView,
    FormView,
    ListView,
    ModelChoiceField,
    ModelForm,
    UpdateView,
)


def accept_type_arguments() -> None:
    """Let each class be written with a type argument."""
    for generic in GENERIC:
        if "__class_getitem__" not in generic.__dict__:
            generic.__class_getitem__ = classmethod(lambda cls, argument: cls)
