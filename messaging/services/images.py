"""Pictures of the library: checked, turned upright, made small enough, and written anew on arrival.

Nothing of the uploaded file is kept but its pixels: no location, no camera, no hidden payload. Mail programs
read PNG, JPEG and GIF everywhere and WebP not everywhere, so that WebP becomes one of the others.
"""

from __future__ import annotations

import io
import uuid
import warnings
from dataclasses import dataclass
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps, ImageSequence, UnidentifiedImageError

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from messaging.errors import MessagingError
from messaging.models import Image

MOST_BYTES = 10 * 1024 * 1024  # of an uploaded file
MOST_PIXELS = 40_000_000  # 8 bytes of decoded memory each at worst, less than 400 MB
MOST_FRAMES = 120
MOST_MOVING_PIXELS = 60_000_000  # all frames together
WIDEST = 1200  # pixels: twice the width of a message, for dense screens
WIDEST_MOVING = 600
ACCEPTED = ("PNG", "JPEG", "WEBP", "GIF")
EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif"}


class ImageRefused(MessagingError):
    """A file that cannot become a picture of the library; the message says what to do."""

    permanent = True


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture written anew. Sizes in pixels."""

    content: bytes
    content_type: str
    width: int
    height: int


@transaction.atomic
def upload_image(*, file: BinaryIO, size: int, alt: str, by: User | None) -> Image:
    """Keep a picture; `size` in bytes as announced. Raises ImageRefused."""
    if size > MOST_BYTES:
        raise ImageRefused(
            _("This picture weighs more than %(most)s MB: make it smaller.") % {"most": MOST_BYTES >> 20}
        )
    encoded = encode(file.read(MOST_BYTES + 1))
    key = uuid.uuid4()
    image = Image(
        key=key,
        content_type=encoded.content_type,
        alt=" ".join(alt.split())[:200],
        width=encoded.width,
        height=encoded.height,
        uploaded_by=by,
    )
    image.file.save(f"{key}.{EXTENSIONS[encoded.content_type]}", ContentFile(encoded.content), save=False)
    image.save()
    audit.record(action="image.upload", on=image, by=by, detail={"bytes": len(encoded.content)})
    return image


def encode(raw: bytes) -> Encoded:
    """Write a picture anew, its metadata left behind; raises ImageRefused."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)  # our own limit is lower
            with Pillow.open(io.BytesIO(raw), formats=ACCEPTED) as picture:
                _check_size(picture)
                return _moving(picture) if getattr(picture, "is_animated", False) else _still(picture)
    except ImageRefused:
        raise
    except UnidentifiedImageError as error:
        raise ImageRefused(_("This file is not a PNG, JPEG, WebP or GIF picture.")) from error
    except (OSError, ValueError, SyntaxError, EOFError, Pillow.DecompressionBombError) as error:
        raise ImageRefused(_("This picture is damaged or cut short: save it again and retry.")) from error


def _check_size(picture: Pillow.Image) -> None:
    pixels = picture.width * picture.height
    if pixels > MOST_PIXELS:
        raise ImageRefused(_("This picture has too many pixels: 40 million at most."))
    frames = getattr(picture, "n_frames", 1)
    if frames > MOST_FRAMES or (frames > 1 and frames * pixels > MOST_MOVING_PIXELS):
        raise ImageRefused(_("This animation is too long or too large: shorten it or make it smaller."))


def _still(picture: Pillow.Image) -> Encoded:
    upright = _in_srgb(ImageOps.exif_transpose(picture))
    see_through = "A" in upright.getbands() or "transparency" in upright.info
    if picture.format == "JPEG" or (picture.format == "WEBP" and not see_through):
        return _written(_narrowed(upright.convert("RGB"), WIDEST), "JPEG", quality=85, progressive=True)
    if picture.format == "PNG" and upright.width <= WIDEST and upright.mode in ("P", "L", "1"):
        return _written(upright, "PNG")  # few colours: as small as it came
    return _written(_narrowed(upright.convert("RGBA" if see_through else "RGB"), WIDEST), "PNG")


def _moving(picture: Pillow.Image) -> Encoded:
    frames, durations = [], []
    for frame in ImageSequence.Iterator(picture):
        durations.append(max(int(frame.info.get("duration", 100)), 20))
        frames.append(_narrowed(frame.convert("RGBA"), WIDEST_MOVING))
    first, *others = frames
    return _written(first, "GIF", save_all=True, append_images=others, duration=durations, loop=0, disposal=2)


def _in_srgb(picture: Pillow.Image) -> Pillow.Image:
    """Colours as every screen reads them; the profile itself is not kept."""
    profile = picture.info.get("icc_profile")
    if not profile:
        return picture
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if "A" in picture.getbands() else "RGB"
        found = ImageCms.profileToProfile(picture, given, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture  # a broken profile is as good as none
    return found if found is not None else picture


def _narrowed(picture: Pillow.Image, widest: int) -> Pillow.Image:
    if picture.width <= widest:
        return picture
    height = max(1, round(picture.height * widest / picture.width))
    return picture.resize((widest, height), Pillow.Resampling.LANCZOS)


def _written(picture: Pillow.Image, form: str, **options: object) -> Encoded:
    for name in ("exif", "icc_profile", "xmp", "comment"):
        picture.info.pop(name, None)
    out = io.BytesIO()
    picture.save(out, form, optimize=True, **options)
    return Encoded(out.getvalue(), f"image/{form.lower()}", picture.width, picture.height)
