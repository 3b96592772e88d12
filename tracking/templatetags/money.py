"""`{{ cents|euros }}` on pages (`{% load money %}`)."""

from __future__ import annotations

from django import template

from tracking.donations.money import euros

register = template.Library()
register.filter("euros", euros)
