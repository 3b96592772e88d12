"""`/api/v1/tags/` and `/api/v1/people/<id>/tags/`: words that staff and programs put on people."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from campaign_crm.platform.api import filters
from campaign_crm.platform.api.access import member_of
from campaign_crm.platform.api.views import Conventions, ListView
from campaign_crm.platform.rights import Right
from campaign_crm.platform.scopes import Scope
from campaign_crm.platform.typed import line_of
from contacts.api.person import person_of
from contacts.folding import fold
from contacts.models import Tag
from contacts.models.contact import Fold
from contacts.services.people import add_tag, remove_tag, tag_named

TAG_CHARACTERS = 60


class TagSerializer(serializers.ModelSerializer[Tag]):
    class Meta:
        model = Tag
        fields = ["id", "name", "created_at"]
        read_only_fields = fields


class NewTagSerializer(serializers.Serializer[Any]):
    """A tag by its name, however it is spelled; one that is not there is made."""

    name = serializers.CharField(max_length=TAG_CHARACTERS)

    def validate_name(self, name: str) -> str:
        if not fold(line_of(name, at_most=TAG_CHARACTERS)):
            raise serializers.ValidationError(self.fields["name"].error_messages["blank"])
        return name


class TagsApi(ListView[Tag]):
    """Every tag."""

    in_territory = True
    scope = Scope.PEOPLE_READ
    right = Right.VIEW_PEOPLE
    serializer_class = TagSerializer
    narrowed_by = (
        filters.words(
            "q",
            lambda tags, text: tags.annotate(folded=Fold("name")).filter(folded__startswith=fold(text)),
            "Beginning of the name",
        ),
    )

    def get_queryset(self) -> QuerySet[Tag]:
        return Tag.objects.all()


class PersonTagsApi(ListView[Tag]):
    """The tags of a person."""

    in_territory = True
    scope, scope_to_write = Scope.PEOPLE_READ, Scope.PEOPLE_WRITE
    right, right_to_write = Right.VIEW_PEOPLE, Right.EDIT_PEOPLE
    serializer_class = TagSerializer

    def get_queryset(self) -> QuerySet[Tag]:
        return Tag.objects.filter(contact_links__contact=person_of(self.request, self.kwargs["pk"]))

    @extend_schema(request=NewTagSerializer, responses={201: TagSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Put a tag on a person; once more changes nothing."""
        contact = person_of(request, pk)
        sent = NewTagSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        tag = tag_named(sent.validated_data["name"])
        add_tag(contact=contact, tag=tag, by=member_of(request))
        tag.refresh_from_db()
        return Response(TagSerializer(tag).data, status=status.HTTP_201_CREATED)


class PersonTagApi(Conventions):
    """One tag of a person."""

    in_territory = True
    scope = Scope.PEOPLE_WRITE
    right = Right.EDIT_PEOPLE

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: int, tag: int) -> Response:
        """Take it off; one that they do not have is taken off already."""
        contact = person_of(request, pk)
        remove_tag(contact=contact, tag=get_object_or_404(Tag, pk=tag), by=member_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
