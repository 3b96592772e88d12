"""What a machine key may do. A view of the API names one; a key holds some."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    PEOPLE_READ = "people:read", _("Read people")
    SIGN_UPS_WRITE = "sign-ups:write", _("Send sign-ups")
    CAMPAIGNS_READ = "campaigns:read", _("Read mailings and their reports")


IN_TERRITORY = {Scope.PEOPLE_READ}
"""What a key of one territory may hold: the other operations are about the whole organisation."""
