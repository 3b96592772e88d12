"""Pictures: what is taken, what becomes of it, what is refused and why, and how readers get it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image as Pillow

from messaging.models import Image
from messaging.services import images

pytestmark = pytest.mark.django_db
UPLOAD = reverse("messaging:image_upload")


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def picture(form: str = "PNG", size: tuple[int, int] = (20, 10), mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    colour = (200, 30, 30, 90) if mode == "RGBA" else "red"
    Pillow.new(mode, size, colour).save(out, form, **options)
    return out.getvalue()


def upload(client: Client, raw: bytes, name: str = "picture.png", alt: str = "") -> Any:
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, raw), "alt": alt})


def opened(image: Image) -> Pillow.Image:
    return Pillow.open(io.BytesIO(Path(image.file.path).read_bytes()))


@pytest.mark.parametrize(
    ("form", "mode", "becomes"),
    [
        ("PNG", "RGB", "PNG"),
        ("PNG", "RGBA", "PNG"),
        ("PNG", "P", "PNG"),
        ("JPEG", "RGB", "JPEG"),
        ("JPEG", "CMYK", "JPEG"),
        ("WEBP", "RGB", "JPEG"),
        ("WEBP", "RGBA", "PNG"),
        ("GIF", "P", "PNG"),
    ],
)
def test_picture_is_written_anew_in_a_form_that_every_mailbox_reads(
    officer: Client, form: str, mode: str, becomes: str
) -> None:
    answer = upload(officer, picture(form, mode=mode), alt=" A  crowd ")
    image = Image.objects.get()
    assert opened(image).format == becomes
    assert answer.json() == {
        "path": image.path,
        "url": image.url,
        "alt": "A crowd",
        "width": 20,
        "height": 10,
    }
    assert image.uploaded_by is not None


def test_wide_picture_is_narrowed(officer: Client) -> None:
    upload(officer, picture("JPEG", (2400, 1000)))
    image = Image.objects.get()
    assert (image.width, image.height, opened(image).size) == (1200, 500, (1200, 500))


def test_photograph_is_turned_upright_and_forgets_where_it_was_taken(officer: Client) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6  # turned a quarter
    exif[0x8825] = {2: (45.0, 45.0, 0.0)}  # latitude
    upload(officer, picture("JPEG", (40, 20), exif=exif.tobytes()))
    shown = opened(Image.objects.get())
    assert shown.size == (20, 40)
    assert dict(shown.getexif()) == {}


def test_animation_stays_one(officer: Client) -> None:
    frames = [Pillow.new("RGB", (30, 30), colour) for colour in ("red", "blue", "green")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=90)
    upload(officer, out.getvalue(), "moving.gif")
    assert (opened(Image.objects.get()).n_frames, Image.objects.get().content_type) == (3, "image/gif")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "not a PNG, JPEG, WebP or GIF"),
        (b"not a picture", "not a PNG, JPEG, WebP or GIF"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "not a PNG, JPEG"),
        (picture("BMP"), "not a PNG, JPEG, WebP or GIF"),
        (picture("JPEG", (400, 400))[:400], "damaged or cut short"),
        (picture("PNG", (400, 400))[:60], "damaged or cut short"),
    ],
)
def test_file_that_is_no_picture_is_refused_with_the_reason(officer: Client, raw: bytes, said: str) -> None:
    answer = upload(officer, raw)
    assert answer.status_code == 400
    assert said in answer.json()["message"]
    assert not Image.objects.exists()


def test_picture_of_too_many_pixels_is_refused_before_it_is_decoded(officer: Client) -> None:
    bomb = picture("PNG", (7_000, 6_000), mode="1")
    assert len(bomb) < 20_000
    answer = upload(officer, bomb)
    assert (answer.status_code, "40 million" in answer.json()["message"]) == (400, True)


def test_heavy_file_is_refused(officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MOST_BYTES", 50)
    answer = upload(officer, picture("PNG", (100, 100)))
    assert (answer.status_code, "weighs more than" in answer.json()["message"]) == (400, True)


def test_nothing_chosen_is_said(officer: Client) -> None:
    assert officer.post(UPLOAD).json()["message"] == "Choose a picture."


def test_reader_adds_no_picture(reader: Client) -> None:
    assert upload(reader, picture()).status_code == 403
    assert not Image.objects.exists()


def test_anybody_gets_the_picture_of_a_message_and_may_keep_it(officer: Client, client: Client) -> None:
    path = upload(officer, picture("JPEG")).json()["path"]
    answer = client.get(path)
    assert b"".join(answer.streaming_content)[:3] == b"\xff\xd8\xff"
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer


def test_picture_has_one_address_only(officer: Client, client: Client) -> None:
    path = upload(officer, picture("PNG")).json()["path"]
    assert client.get(path.replace(".png", ".jpg")).status_code == 404
    assert client.get("/i/00000000-0000-4000-8000-000000000000.png").status_code == 404


def test_picture_whose_file_is_gone_is_not_found(officer: Client, client: Client) -> None:
    path = upload(officer, picture("PNG")).json()["path"]
    image = Image.objects.get()
    Path(image.file.path).unlink()
    assert client.get(path).status_code == 404


def test_library_shows_the_newest_first_and_goes_on(officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messaging.views.images.SHOWN", 2)
    for number in range(3):
        upload(officer, picture(), alt=f"Picture {number}")
    first = officer.get(reverse("messaging:images")).json()
    assert [image["alt"] for image in first["images"]] == ["Picture 2", "Picture 1"]
    following = officer.get(first["next"]).json()
    assert ([image["alt"] for image in following["images"]], following["next"]) == (["Picture 0"], "")
