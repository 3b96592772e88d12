import re
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client
from django.urls import reverse

from campaign_crm.platform.models import User
from campaign_crm.platform.services.first_admin import issue_first_admin_link
from campaign_crm.platform.sign_in_mail import send_password_link

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def path_of(link: str) -> str:
    return "/" + link.split("/", 3)[3]


def test_first_administrator_is_created_and_signed_in(client: Client) -> None:
    path = path_of(issue_first_admin_link() or "")
    form = {"full_name": "Camille", "email": "camille@example.org", "password": PASSWORD, "language": "fr"}
    answer = client.post(path, form)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert User.objects.get().language == "fr"
    assert client.get("/profile/").status_code == 200
    assert client.get(path).status_code == 404


def test_weak_first_password_is_refused(client: Client) -> None:
    path = path_of(issue_first_admin_link() or "")
    form = {"full_name": "C", "email": "camille@example.org", "password": "password", "language": "en"}
    assert client.post(path, form).context["form"].errors.keys() == {"password"}
    assert not User.objects.exists()


def test_sign_in_is_by_e_mail_in_any_case(client: Client, member: Callable[..., User]) -> None:
    member(email="camille@example.org", password=PASSWORD)
    answer = client.post("/accounts/login/", {"login": "Camille@Example.org", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_closed_account_cannot_sign_in(client: Client, member: Callable[..., User]) -> None:
    member(email="camille@example.org", password=PASSWORD, is_active=False)
    client.post("/accounts/login/", {"login": "camille@example.org", "password": PASSWORD})
    assert client.get("/profile/").status_code == 302


def test_there_is_no_public_sign_up(client: Client) -> None:
    form = {"email": "stranger@example.org", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", form)
    assert not User.objects.exists()


def test_forgotten_password_is_replaced_by_the_link(client: Client, member: Callable[..., User]) -> None:
    user = member(email="camille@example.org", password=PASSWORD)
    client.post("/accounts/password/reset/", {"email": "camille@example.org"})
    send_password_link(user.pk)  # what a worker does with the message that the page leaves
    link = re.search(r"https?://\S+", mail.outbox[0].body)
    assert link is not None
    answer = client.get(path_of(link.group()), follow=True)
    action = answer.context["action_url"]
    client.post(action, {"password1": "another long phrase", "password2": "another long phrase"})
    sign_in = {"login": "camille@example.org", "password": "another long phrase"}
    assert client.post("/accounts/login/", sign_in)["Location"] == "/"


def test_nothing_is_written_to_an_address_without_an_account(client: Client) -> None:
    answer = client.post("/accounts/password/reset/", {"email": "stranger@example.org"})
    assert (answer.status_code, mail.outbox) == (302, [])


def test_second_step_is_asked_once_it_is_set_up(client: Client, member: Callable[..., User]) -> None:
    user = member(email="camille@example.org", password=PASSWORD)
    TOTP.activate(user, generate_totp_secret())
    answer = client.post("/accounts/login/", {"login": "camille@example.org", "password": PASSWORD})
    assert answer["Location"] == reverse("mfa_authenticate")
    assert client.get("/profile/").status_code == 302


def test_admin_pages_use_the_same_sign_in(client: Client) -> None:
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")


def test_invited_member_chooses_a_password(signed_in: Callable[..., Client], client: Client) -> None:
    form = {"full_name": "Astrid", "email": "astrid@example.org", "role": "read_only", "language": "en"}
    signed_in().post("/settings/team/invite/", form)
    user = User.objects.get(email="astrid@example.org")
    assert (user.role, user.has_usable_password()) == ("read_only", False)


def test_known_e_mail_is_not_invited_twice(signed_in: Callable[..., Client]) -> None:
    form = {"full_name": "X", "email": "Administrator@example.org", "role": "read_only", "language": "en"}
    answer = signed_in().post("/settings/team/invite/", form)
    assert answer.context["form"].errors.keys() == {"email"}


def test_password_link_is_shown_to_the_administrator_and_works(
    signed_in: Callable[..., Client], member: Callable[..., User], client: Client
) -> None:
    user = member("read_only")
    answer = signed_in().post(f"/settings/team/{user.pk}/", {"act": "link"})
    assert client.get(path_of(answer.context["link"]), follow=True).status_code == 200


def test_last_administrator_sees_why_the_role_stays(
    signed_in: Callable[..., Client],
) -> None:
    client = signed_in()
    user = User.objects.get()
    answer = client.post(f"/settings/team/{user.pk}/", {"role": "read_only"})
    assert answer.context["form"].errors.keys() == {"role"}


def test_language_changes_at_once_and_stays_with_the_account(signed_in: Callable[..., Client]) -> None:
    client = signed_in(language="en")
    assert 'lang="en"' in client.get("/profile/").content.decode()
    answer = client.post("/language/", {"language": "fr", "next": "/profile/"}, follow=True)
    assert answer.redirect_chain == [("/profile/", 302)]
    assert 'lang="fr"' in answer.content.decode()
    assert User.objects.get().language == "fr"


@pytest.mark.parametrize("onward", ["https://example.com/", "//example.com", ""])
def test_language_never_sends_elsewhere(client: Client, onward: str) -> None:
    assert client.post("/language/", {"language": "fr", "next": onward})["Location"] == "/"


def test_unknown_language_is_ignored(client: Client) -> None:
    assert client.post("/language/", {"language": "xx"}).cookies.keys() == set()
