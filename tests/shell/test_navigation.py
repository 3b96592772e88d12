from collections.abc import Callable

import pytest
from django.test import Client, RequestFactory

from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.rights import Right
from campaign_crm.shell import navigation
from campaign_crm.shell.navigation import Entry, Group, new_entries


def request_of(user: User, path: str = "/") -> object:
    request = RequestFactory().get(path)
    request.user = user
    return request


@pytest.fixture
def small_menu(monkeypatch: pytest.MonkeyPatch) -> None:
    menu = (
        Group("home", "Home", "house", url_name="shell:home"),
        Group("later", "Later", "clock", (Entry("Not built", "shell:not_built"),)),
        Group(
            "settings",
            "Settings",
            "settings",
            (Entry("Team", "shell:team", Right.MANAGE_SETTINGS), Entry("Profile", "shell:profile")),
        ),
    )
    monkeypatch.setattr(navigation, "MENU", menu)


def shown(user: User, path: str = "/") -> list[tuple[str, list[str]]]:
    groups = navigation.navigation(request_of(user, path))
    return [(group.name, [str(entry.label) for entry in group.entries]) for group in groups]


def test_page_that_does_not_exist_is_absent_with_its_empty_group(
    small_menu: None, member: Callable[..., User]
) -> None:
    assert shown(member()) == [("home", []), ("settings", ["Team", "Profile"])]


def test_entry_without_the_right_is_absent(small_menu: None, member: Callable[..., User]) -> None:
    assert shown(member("read_only")) == [("home", []), ("settings", ["Profile"])]


def test_current_page_is_the_longest_beginning_of_the_path(
    small_menu: None, member: Callable[..., User]
) -> None:
    groups = navigation.navigation(request_of(member(), "/settings/team/invite/"))
    current = [str(entry.label) for group in groups for entry in group.entries if entry.is_current]
    assert (current, groups[0].is_current) == (["Team"], False)


def test_home_is_current_only_on_its_own_page(small_menu: None, member: Callable[..., User]) -> None:
    user = member()
    assert navigation.navigation(request_of(user, "/"))[0].is_current
    assert not navigation.navigation(request_of(user, "/profile/"))[0].is_current


def test_every_icon_of_the_menu_is_in_the_sprite() -> None:
    from campaign_crm.shell.management.commands.check_templates import icon_names

    groups = navigation.MENU
    entries = [*navigation.NEW, *(entry for group in groups for entry in group.entries)]
    named = {group.icon for group in groups} | {entry.icon for entry in entries}
    assert named - set(icon_names()) == set()


def test_read_only_member_is_offered_nothing_new(member: Callable[..., User]) -> None:
    assert new_entries(request_of(member("read_only"))) == []


def test_menu_holds_no_dead_link(signed_in: Callable[..., Client]) -> None:
    client = signed_in()
    groups = navigation.navigation(client.get("/profile/").wsgi_request)
    urls = [group.url for group in groups if group.url] + [entry.url for g in groups for entry in g.entries]
    assert {url: client.get(url).status_code for url in urls} == dict.fromkeys(urls, 200)


def current_in(client: Client, address: str) -> list[str]:
    page = client.get(address).content.decode()
    menu = page[page.index('id="sidebar"') : page.index("</aside>")]
    return [
        part.split('"')[0] for part in menu.split('href="')[1:] if 'aria-current="page"' in part.split(">")[0]
    ]


def test_menu_drawn_for_one_is_never_anothers(signed_in: Callable[..., Client]) -> None:
    boss, reader = signed_in(), signed_in("read_only", language="fr")
    for _time in range(2):  # drawn, then remembered
        assert current_in(boss, "/settings/team/") == ["/settings/team/"]
        assert current_in(boss, "/people/") == ["/people/"]
        assert "/settings/team/" in boss.get("/people/").content.decode()
        page = reader.get("/people/").content.decode()
        assert ("/settings/team/" in page, "Personnes" in page) == (False, True)


def test_menu_bears_the_name_of_today(signed_in: Callable[..., Client]) -> None:
    client = signed_in()
    client.get("/profile/")
    Organisation.objects.update(name="Another name")
    page = client.get("/profile/").content.decode()
    assert "Another name" in page[page.index('id="sidebar"') : page.index("</aside>")]
