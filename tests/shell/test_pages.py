from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from campaign_crm.platform.mail_catcher import storage
from campaign_crm.platform.models import Organisation
from messaging.models import ProviderAccount
from messaging.services.senders import ensure_local_sender

pytestmark = pytest.mark.django_db

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060"
    "00000005000157a2d3f00000000049454e44ae426082"
)


def test_refusal_names_the_missing_right(signed_in: Callable[..., Client]) -> None:
    answer = signed_in("read_only").get("/settings/team/")
    assert answer.status_code == 403
    assert "Invite people and give roles" in answer.content.decode()


def test_stranger_is_sent_to_sign_in_and_back(client: Client) -> None:
    assert client.get("/settings/team/?a=1")["Location"] == "/accounts/login/?next=/settings/team/%3Fa%3D1"


def test_htmx_request_of_a_stranger_moves_the_whole_page(client: Client) -> None:
    answer = client.get("/search/?q=x", HTTP_HX_REQUEST="true")
    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/accounts/login/")


def test_unknown_address_is_a_page_for_everybody(client: Client, signed_in: Callable[..., Client]) -> None:
    for browser in (client, signed_in()):
        answer = browser.get("/nowhere/")
        assert (answer.status_code, b"<h1>" in answer.content) == (404, True)


def test_palette_finds_pages_without_accents_or_case(signed_in: Callable[..., Client]) -> None:
    answer = signed_in().get("/search/?q=TÉAM")
    assert reverse("shell:team") in answer.content.decode()


def test_palette_shows_only_pages_of_the_role(signed_in: Callable[..., Client]) -> None:
    assert reverse("shell:team") not in signed_in("read_only").get("/search/?q=team").content.decode()


def test_palette_says_when_nothing_is_found(signed_in: Callable[..., Client]) -> None:
    answer = signed_in().get("/search/?q=%3Cscript%3Ezzz").content.decode()
    assert "Nothing found" in answer
    assert "<script>" not in answer


def test_manifest_carries_the_name(client: Client) -> None:
    answer = client.get("/manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    assert answer.json()["name"] == Organisation.current().name


def test_logo_is_written_anew_and_served(signed_in: Callable[..., Client], client: Client) -> None:
    organisation = Organisation.current()
    form = {
        "name": "Demain",
        "primary_colour": "#aa0000",
        "default_language": "fr",
        "logo": SimpleUploadedFile("x.png", PIXEL + b"<script>hidden</script>"),
    }
    assert signed_in().post("/settings/organisation/", form).status_code == 302
    organisation.refresh_from_db()
    address = reverse("shell:logo", args=[organisation.logo.name.rpartition("/")[2]])
    answer = client.get(address)
    content = b"".join(answer.streaming_content)
    assert (organisation.name, answer["Content-Type"], b"hidden" in content) == ("Demain", "image/png", False)
    assert client.get("/logo/other.png").status_code == 404


def test_file_that_is_no_picture_is_refused(signed_in: Callable[..., Client]) -> None:
    form = {
        "name": "Demain",
        "primary_colour": "#aa0000",
        "default_language": "fr",
        "logo": SimpleUploadedFile("x.png", b"no picture"),
    }
    answer = signed_in().post("/settings/organisation/", form)
    assert answer.context["form"].errors.keys() == {"logo"}


@pytest.fixture
def caught(settings: object, tmp_path: Path) -> str:
    """One message in the mailbox; its id."""
    settings.MAILBOX_DIR = tmp_path
    message_id = "20270411T183000000000-0a1b2c3d"
    raw = (
        "X-Envelope-From: equipe@example.org\r\nX-Envelope-To: astrid@example.org\r\n"
        "From: Equipe <equipe@example.org>\r\nTo: astrid@example.org\r\nSubject: Rassemblement\r\n"
        "Content-Type: text/html; charset=utf-8\r\n\r\n"
        '<p onclick="x()">Bonjour <script>alert(1)</script><a href="http://127.0.0.1/c/abc">ici</a></p>'
    )
    storage.path_of(tmp_path, message_id).write_bytes(raw.encode())
    return message_id


def test_catcher_lists_and_finds(signed_in: Callable[..., Client], caught: str) -> None:
    client = signed_in()
    address = reverse("shell:caught", args=[caught])
    assert address in client.get("/catcher/").content.decode()
    assert address in client.get("/catcher/?q=rassemblement").content.decode()
    assert address not in client.get("/catcher/?q=meeting").content.decode()


@pytest.mark.parametrize(
    ("face", "holds"),
    [
        ("message", "<iframe"),
        ("text", "codebox"),
        ("links", "http://127.0.0.1/c/abc"),
        ("headers", "Subject"),
    ],
)
def test_caught_message_has_four_faces(
    signed_in: Callable[..., Client], caught: str, face: str, holds: str
) -> None:
    answer = signed_in().get(reverse("shell:caught", args=[caught]), {"face": face})
    assert holds in answer.content.decode()


def test_body_is_clean_and_under_its_own_policy(signed_in: Callable[..., Client], caught: str) -> None:
    answer = signed_in().get(reverse("shell:caught_body", args=[caught]))
    assert answer["Content-Security-Policy"].startswith("sandbox ")
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert (b"script" in answer.content, b"onclick" in answer.content) == (False, False)


def test_source_is_the_message_as_it_came(signed_in: Callable[..., Client], caught: str) -> None:
    answer = signed_in().get(reverse("shell:caught_source", args=[caught]))
    assert answer.content.startswith(b"From: Equipe")


def test_mailbox_is_emptied(signed_in: Callable[..., Client], caught: str) -> None:
    client = signed_in()
    client.post("/catcher/")
    assert client.get(reverse("shell:caught", args=[caught])).status_code == 404


def test_catcher_says_that_all_stops_here_only_while_it_does(
    signed_in: Callable[..., Client], caught: str
) -> None:
    client = signed_in()
    ensure_local_sender()
    says_all = "nothing leaves for the real world"
    assert says_all in client.get("/catcher/").content.decode()
    outside = {"host": "smtp.example.org", "port": 587, "security": "starttls"}
    account = ProviderAccount.objects.create(name="Our server", kind="smtp", settings=outside)
    assert "another way out is in use" in client.get("/catcher/").content.decode()
    ProviderAccount.objects.filter(pk=account.pk).update(is_active=False)
    assert says_all in client.get("/catcher/").content.decode()
