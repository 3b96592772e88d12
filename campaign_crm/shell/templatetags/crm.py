"""Tags and filters of staff and public pages (`{% load crm %}`, see docs/screens.md)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from django import template
from django.db.models import Model
from django.db.models.fields.files import FieldFile
from django.templatetags.static import static
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaign_crm.shell.charts import Column, columns_of
from campaign_crm.shell.colours import readable_on, text_on
from campaign_crm.shell.journal import act_words

register = template.Library()

ICONS = "vendor/lucide/icons.svg"
FRENCH_COUNTRY_CODES = {33, 262, 508, 590, 594, 596}
PUBLIC_LIGHT = "#ffffff"  # the grounds of static/public/public.css
PUBLIC_DARK = "#1a1f27"


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, size: str = "") -> SafeString:
    """Draw one icon of the sprite, hidden from screen readers: the text beside it says the thing.

    `name` is listed in `tools/icons.txt`; `size` is empty, "s" or "l".
    """
    classes = f"icon icon-{size}" if size else "icon"
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>', classes, static(ICONS), name
    )


@register.filter
def number(value: float | None) -> str:
    """Write a number with the separators of the reader's language; an en dash when there is none."""
    if value is None or value == "":
        return "–"
    return formats.number_format(value, force_grouping=True)


@register.filter
def about(value: float | None) -> str:
    """Write an estimated number: the same with ≈ before it."""
    return f"≈ {number(value)}"


@register.filter
def percent(part: float | None, whole: float | None) -> str:
    """Write the share of a whole in per cent, one decimal below ten; an en dash when there is no whole."""
    if part is None or not whole:
        return "–"
    share = 100 * part / whole
    decimals = 1 if 0 < share < 10 else 0
    return _("%(share)s%%") % {"share": formats.number_format(round(share, decimals), decimals)}


@register.filter
@lru_cache(maxsize=4096)
def phone(e164: str) -> str:
    """Write a number as people dial it from France: 06 39 98 00 01, +32 2 555 12 12."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    at_home = number.country_code in FRENCH_COUNTRY_CODES
    form = (
        phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(number, form)


@register.filter
def initials(name: str) -> str:
    """Return at most two initials of a name, for an avatar."""
    words = [word for word in str(name).replace("-", " ").split() if word[0].isalpha()]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words[:1])).upper()


@register.filter
def moment(when: datetime | None) -> str | SafeString:
    """Write a moment in the current time zone, short; its title holds the whole date with the zone."""
    if when is None:
        return "–"
    local = timezone.localtime(when)
    minute = local.replace(second=0, microsecond=0)
    short, title = _written(minute, _zone_of(local), get_language(), timezone.localtime().year)
    return format_html('<time datetime="{}" title="{}">{}</time>', when.isoformat(), title, short)


@lru_cache(maxsize=4096)
def _written(minute: datetime, zone: str, _language: str, this_year: int) -> tuple[str, str]:
    """A minute, short and in full: a list has many of the same, and writing one is slow."""
    day = formats.date_format(minute, "j N" if minute.year == this_year else "j N Y")
    time = formats.date_format(minute, "H:i")
    in_full = {"date": formats.date_format(minute, "l j F Y"), "time": time, "zone": zone}
    return (
        _("%(day)s, %(time)s") % {"day": day, "time": time},
        _("%(date)s at %(time)s (%(zone)s)") % in_full,
    )


@register.filter
def display(row: Model, field: str) -> str:
    """Write a choice as people read it: `get_FIELD_display`, which takes longer than the row's own SQL."""
    return _label(type(row), field, getattr(row, field), get_language())


@lru_cache(maxsize=4096)
def _label(model: type[Model], field: str, value: object, _language: str) -> str:
    return str(dict(model._meta.get_field(field).flatchoices).get(value, value))


@register.filter
def journal_words(action: str) -> str:
    """Write an act of the journal as people read it."""
    return act_words(action)


@register.filter
def with_zone(when: datetime | None) -> str:
    """Write a moment in full with its time zone: what a person must not misread."""
    if when is None:
        return "–"
    local = timezone.localtime(when)
    minute = local.replace(second=0, microsecond=0)
    return _written(minute, _zone_of(local), get_language(), timezone.localtime().year)[1]


def _zone_of(local: datetime) -> str:
    return local.tzinfo.key if isinstance(local.tzinfo, ZoneInfo) else str(local.tzinfo)


@register.simple_tag
def options(choices: Iterable[tuple[str, str]], chosen: str = "") -> SafeString:
    """Draw the options of a `<select>`: (value, label) each, the chosen value selected."""
    drawn = (  # written by hand: format_html takes longer on a hundred departments than the database does
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(label)}</option>'
        for value, label in choices
    )
    return mark_safe("".join(drawn))  # noqa: S308 # nosec # nosemgrep - escaped above


@register.inclusion_tag("crm/components/column_chart.html")
def column_chart(points: list[tuple[str, float]], title: str, heading: str) -> dict[str, object]:
    """Draw columns over time with their data table: `points` are (label, value), oldest first.

    `title` says what the chart shows; `heading` names the first column of the table.
    """
    columns: list[Column] = columns_of(points)
    return {
        "columns": columns,
        "title": title,
        "heading": heading,
        "top": max((column.value for column in columns), default=0),
    }


@register.filter
def logo_url(logo: FieldFile) -> str:
    """Return the public address of the organisation's logo."""
    return reverse("shell:logo", args=[logo.name.rsplit("/", 1)[-1]])


@register.filter
def brand_style(colour: str) -> str:
    """Return the CSS variables of a page in an organisation's colour, readable on light and on dark."""
    variables = {
        "--brand": colour,
        "--on-brand": text_on(colour),
        "--brand-text": readable_on(colour, PUBLIC_LIGHT),
        "--brand-text-dark": readable_on(colour, PUBLIC_DARK),
    }
    return "; ".join(f"{name}: {value}" for name, value in variables.items())


@register.simple_tag(takes_context=True)
def admin_trail(context: template.Context) -> list[tuple[str, str]]:
    """Return the breadcrumbs of an admin page: reference tables, then the table."""
    trail = [(_("Reference tables"), reverse("admin:index"))]
    opts = context.get("opts")
    if opts:
        name = f"admin:{opts.app_label}_{opts.model_name}_changelist"
        trail.append((capfirst(opts.verbose_name_plural), reverse(name)))
    return trail


@register.simple_tag(takes_context=True)
def sidebar(context: template.Context) -> SafeString:
    """Return the menu of this person on this page."""
    drawn: SafeString = context["frame"].sidebar(context["organisation"])
    return drawn
