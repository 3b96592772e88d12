"""Segment conditions on the answers to forms: one a question with answers, of every published form.

An answer says something of a person: it is a criterion, so that digital political messages chosen by it reach
only those who agreed to be chosen. A question whose words tell what the law protects chooses nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from contacts.enums import Channel, TargetingClass
from contacts.rules.forbidden import forbidden_matter
from contacts.segments.conditions import Condition, ConditionGroup, Context
from contacts.segments.standard.pieces import having
from contacts.segments.values import ChoiceValue
from tracking.enums import SubmissionState
from tracking.forms.content import Block, Content
from tracking.models import Form, Submission

PREFIX = "answer."
NOTE = _("Of what they answered themselves, in any of their answers to this form.")


def answer_conditions() -> Iterable[Condition]:
    """The conditions of every question there is now; saved segments name them by form and block."""
    forms = Form.objects.filter(published__isnull=False).select_related("published").order_by("title", "pk")
    for form in forms:
        content = form.content
        for block in content.of_type("choice", "scale", "age"):
            yield _condition(form, block, content)


def _condition(form: Form, block: Block, content: Content) -> Condition:
    language = get_language() or content.languages[0]
    label = content.said(block.values.get("label") or {}, language) or str(block.kind.label)
    options = [(one["id"], content.said(one["label"], language)) for one in block.options]
    words = [text for one in block.options for text in one["label"].values()]
    forbidden = bool(forbidden_matter(label, *(block.values.get("label") or {}).values(), *words))
    choices = ChoiceValue(lambda: options)
    return Condition(
        key=f"{PREFIX}{form.pk}.{block.id}",
        label=f"{form.title} – {label}",
        group=ConditionGroup.ENGAGEMENT,
        operators={"any": choices, "none": choices},
        targeting_class=TargetingClass.FORBIDDEN if forbidden else TargetingClass.CRITERION,
        never_on=frozenset(Channel) if forbidden else frozenset(),
        compile=partial(_answered, form.pk, block.id),
        note=NOTE,
    )


def _answered(form_id: int, block_id: str, operator: str, value: Any, _context: Context) -> Q:
    chosen = Q()
    for option in value:
        chosen |= Q(data__contains={"answers": {block_id: [option]}})
    found = having(Submission.objects.filter(chosen, form=form_id, state=SubmissionState.ACCEPTED))
    return ~found if operator == "none" else found
