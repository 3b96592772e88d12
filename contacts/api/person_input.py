"""What the API takes of a person: the same fields as the pages, given to the same services."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from campaign_crm.platform.typed import line_of
from contacts.enums import Gender, SourceKind
from contacts.imports.extra_values import LARGEST
from contacts.models import Contact, CustomField, Source, Territory
from contacts.models.contact import BIRTH_YEARS
from contacts.services.residence import may_live_at
from contacts.territories.lookup import PLACES_OF_RESIDENCE

TEXT_LIMIT, CODE_CHARACTERS = 500, 12
Kind = CustomField.Kind


class CommuneField(serializers.CharField):
    """The INSEE code of a commune (or an arrondissement of a city)."""

    def to_internal_value(self, data: Any) -> Any:
        code = line_of(super().to_internal_value(data), at_most=CODE_CHARACTERS)
        found = Territory.objects.filter(kind__in=PLACES_OF_RESIDENCE, code=code).first()
        if found is None:
            raise serializers.ValidationError(_("No commune has this code."))
        return found.replaced_by or found


class ExtraFields(serializers.DictField):
    """Values by the keys of the organisation's extra fields; null takes one away."""

    child = serializers.JSONField(allow_null=True)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        given = super().to_internal_value(data)
        fields = CustomField.objects.in_bulk(list(given), field_name="key") if given else {}
        kept, wrong = {}, {}
        for key, value in given.items():
            if key not in fields:
                wrong[key] = [_("There is no such extra field.")]
            elif value is not None and not _fits(fields[key], value):
                wrong[key] = [_("This is no value of this field: %s.") % fields[key].get_kind_display()]
            kept[key] = value
        if wrong:
            raise serializers.ValidationError(wrong)
        return kept


def _fits(field: CustomField, value: Any) -> bool:
    match field.kind:
        case Kind.BOOLEAN:
            return isinstance(value, bool)
        case Kind.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST
        case Kind.DATE:
            return isinstance(value, str) and _is_day(value)
        case Kind.CHOICE:
            return value in field.choices
    return isinstance(value, str) and 0 < len(value) <= TEXT_LIMIT and "\x00" not in value


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


class PersonFieldsSerializer(serializers.Serializer[Any]):
    """What may be written of a person."""

    civility = serializers.CharField(max_length=8, allow_blank=True, required=False)
    first_name = serializers.CharField(max_length=100, allow_blank=True, required=False)
    last_name = serializers.CharField(max_length=100, allow_blank=True, required=False)
    birth_name = serializers.CharField(max_length=100, allow_blank=True, required=False)
    gender = serializers.ChoiceField(choices=["", *Gender.values], required=False)
    birth_date = serializers.DateField(allow_null=True, required=False)
    birth_year = serializers.IntegerField(
        min_value=BIRTH_YEARS[0], max_value=BIRTH_YEARS[1], allow_null=True, required=False
    )
    language = serializers.ChoiceField(choices=["fr", "en"], required=False)
    commune = CommuneField(allow_null=True, required=False)
    extra_fields = ExtraFields(required=False, source="custom")

    known: Contact | None = None

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("birth_date"):
            attrs["birth_year"] = None
        first, last = (attrs.get(name, getattr(self.known, name, "")) for name in ("first_name", "last_name"))
        is_stub = self.known is not None and self.known.is_stub
        if not (first or last or is_stub):
            raise serializers.ValidationError({"last_name": [_("Write a first name or a last name.")]})
        moves = self.known is None or "commune" in attrs
        if moves and not may_live_at(attrs.get("commune"), known=self.known):
            raise serializers.ValidationError({"commune": [_("Choose a commune of your territory.")]})
        return attrs


class AddressSerializer(serializers.Serializer[Any]):
    line1 = serializers.CharField(max_length=200, allow_blank=True, default="")
    line2 = serializers.CharField(max_length=200, allow_blank=True, default="")
    postcode = serializers.CharField(max_length=16, allow_blank=True, default="")
    city = serializers.CharField(max_length=100, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not any(attrs.values()):
            raise serializers.ValidationError(_("Write the e-mail, phone or address."))
        return attrs


class NewPersonSerializer(PersonFieldsSerializer):
    """A person with their first address and number. `source`: the number of what told you of them; without it
    “Website (API)”, which allows nothing by itself."""

    email = serializers.EmailField(max_length=254, required=False)
    phone = serializers.CharField(max_length=30, required=False)
    address = AddressSerializer(required=False)
    source = serializers.PrimaryKeyRelatedField(
        queryset=Source.objects.filter(kind__in=[SourceKind.API, SourceKind.ADDRESS_BOOK, SourceKind.HAND]),
        required=False,
    )


class PersonChangeSerializer(PersonFieldsSerializer):
    """What is named is changed, nothing else. An `email` or `phone` is added, and becomes the main one."""

    email = serializers.EmailField(max_length=254, required=False)
    phone = serializers.CharField(max_length=30, required=False)
