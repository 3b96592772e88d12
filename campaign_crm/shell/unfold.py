"""Unfold's settings: only what its admin pages still need.

The frame around every staff page (navigation, top bar, palette) is ours: `templates/crm/` and
`campaign_crm/shell/navigation.py`. Colours are CSS variables in `static/crm/shell.css`, so the theme
needs no inline style.
"""

from django.utils.translation import gettext_lazy as _

UNFOLD = {
    "SITE_TITLE": "Campaign CRM",
    "SITE_HEADER": "Campaign CRM",
    "SITE_SUBHEADER": _("Reference tables"),
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": False,
    "SIDEBAR": {"show_search": False, "command_search": False, "navigation": []},
    "COMMAND": {"search_models": False, "show_history": False},
}
