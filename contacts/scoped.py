"""The first wall: managers that show only people of the scope at hand (`campaign_crm.platform.walls`).

Every model that tells about people has one. In the whole country they add nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import BooleanField, Exists, Func, Manager, Model, OuterRef, Q, QuerySet
from django.db.models.fields.related import ForeignKey

from campaign_crm.platform.row_security import in_scope
from campaign_crm.platform.walls import current_scope, few_places

if TYPE_CHECKING:
    from campaign_crm.platform.models import User


class InScope(Func):
    """True when the territory of a row is in the scope: its bit in the setting of the transaction."""

    template = in_scope("%(expressions)s")
    arity = 1
    output_field = BooleanField()


def lies_in(scope: frozenset[int], *places: str) -> Q:
    """Rows that are in the scope by one of these references to a territory."""
    few = few_places(scope)
    found = Q()
    for place in places:
        found |= Q(InScope(place)) if few is None else Q(**{f"{place}__in": few})
    return found


AnyModel = TypeVar("AnyModel", bound=Model)


class ScopedManager(Manager[AnyModel]):
    """Rows of the scope at hand: by the places that the model names in `scoped_by`, else by its people."""

    def get_queryset(self) -> QuerySet[AnyModel]:
        rows = super().get_queryset()
        scope = current_scope()
        return rows if scope is None else rows.filter(seen_from(self.model, scope))


def own_within(rows: QuerySet[AnyModel], user: User) -> QuerySet[AnyModel]:
    """What a member may change of things that lie in no territory: all; their own while they are scoped."""
    return rows if current_scope() is None else rows.filter(created_by=user)


def seen_from(model: type[Model], scope: frozenset[int]) -> Q:
    """The rows of a model that a scope holds."""
    places: tuple[str, ...] = getattr(model, "scoped_by", ())
    if places:
        return lies_in(scope, *places)
    seen = Q()
    for field in filter(is_person, model._meta.local_fields):
        person = field.related_model._default_manager.filter(pk=OuterRef(field.attname))  # scoped itself
        seen &= Q(Exists(person))
    mailing = getattr(model, "scoped_by_mailing", "")  # a territory keeps what its own mailings did
    if mailing:
        field = model._meta.get_field(mailing)
        own = field.related_model._default_manager.filter(pk=OuterRef(field.attname))
        seen |= Q(Exists(own))
    return seen


def is_person(field: Any) -> bool:
    """Whether a field refers to a person."""
    return isinstance(field, ForeignKey) and field.related_model._meta.label == "contacts.Contact"
