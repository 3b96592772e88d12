"""Settings of the organisation, and its logo for public pages."""

from __future__ import annotations

from mimetypes import guess_type
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.generic import FormView

from campaign_crm.platform.models import Organisation
from campaign_crm.platform.rights import Right
from campaign_crm.platform.services.organisation import (
    WRITABLE,
    remove_logo,
    set_logo,
    update_organisation,
)
from campaign_crm.platform.staff import StaffView
from campaign_crm.shell.forms import OrganisationForm
from messaging.services.images import EXTENSIONS

DAY = 24 * 3600


class Identity(StaffView, FormView):
    """Who writes, who answers for the data, and how public pages look."""

    right_required = Right.MANAGE_SETTINGS
    title = gettext_lazy("Organisation")
    subtitle = gettext_lazy("Shown on messages, sign-up pages and in the registers.")
    form_class = OrganisationForm
    template_name = "crm/organisation.html"
    success_url = reverse_lazy("shell:organisation")

    def get_initial(self) -> dict[str, Any]:
        organisation = Organisation.current()
        return {name: getattr(organisation, name) for name in WRITABLE}

    def form_valid(self, form: OrganisationForm) -> HttpResponse:
        values = form.cleaned_data
        by = self.request.user
        update_organisation(by=by, **{name: values[name] for name in WRITABLE})
        picture = values["logo"]
        if picture:
            set_logo(content=picture.content, extension=EXTENSIONS[picture.content_type], by=by)
        elif values["remove_logo"]:
            remove_logo(by=by)
        messages.success(self.request, _("Saved."))
        return super().form_valid(form)


@require_safe
@cache_control(public=True, max_age=DAY)
def logo(request: HttpRequest, name: str) -> FileResponse:
    """Answer with the logo: public, as a message and a sign-up page show it to anybody."""
    kept = Organisation.current().logo
    if not kept or kept.name.rsplit("/", 1)[-1] != name:
        raise Http404
    return FileResponse(kept.open("rb"), content_type=guess_type(name)[0])
