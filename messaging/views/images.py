"""The library of pictures, and the public addresses of its pictures."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from campaign_crm.platform.rights import Right
from campaign_crm.platform.staff import StaffView
from messaging.models import Image
from messaging.services.images import ImageRefused, upload_image

SHOWN = 24
A_YEAR = 365 * 24 * 3600


class ImageList(StaffView, View):
    """Newest pictures first: {"images": […], "next": address of the following ones or ""}."""

    right_required = Right.EDIT_CAMPAIGN
    in_territory = True

    def get(self, request: HttpRequest) -> HttpResponse:
        images = Image.objects.order_by("-pk")
        before = request.GET.get("before", "")
        if before.isdecimal() and len(before) < 19:
            images = images.filter(pk__lt=int(before))
        found = list(images[: SHOWN + 1])
        more = f"{reverse('messaging:images')}?before={found[SHOWN - 1].pk}" if len(found) > SHOWN else ""
        return JsonResponse({"images": [_as_json(image) for image in found[:SHOWN]], "next": more})


class UploadImage(StaffView, View):
    """Take one picture (`file`, `alt`); 400 with the reason when it cannot be used."""

    right_required = Right.EDIT_CAMPAIGN
    in_territory = True

    def post(self, request: HttpRequest) -> HttpResponse:
        file = request.FILES.get("file")
        if file is None:
            return JsonResponse({"message": _("Choose a picture.")}, status=400)
        try:
            image = upload_image(
                file=file, size=file.size or 0, alt=request.POST.get("alt", ""), by=request.user
            )
        except ImageRefused as error:
            return JsonResponse({"message": str(error)}, status=400)
        return JsonResponse(_as_json(image))


class PublicImage(View):
    """`/i/<key>.<extension>`: in sent messages for ever, so it never changes and may be kept for a year."""

    def get(self, request: HttpRequest, key: UUID, extension: str) -> HttpResponseBase:
        image = Image.objects.filter(key=key).first()
        if image is None or image.path != request.path:
            raise Http404
        try:
            response = FileResponse(image.file.open("rb"), content_type=image.content_type)
        except FileNotFoundError as error:
            raise Http404 from error
        response["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
        response["Content-Disposition"] = "inline"
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response


def _as_json(image: Image) -> dict[str, Any]:
    return {
        "path": image.path,
        "url": image.url,
        "alt": image.alt,
        "width": image.width,
        "height": image.height,
    }
