import pytest

from campaign_crm.shell.management.commands.check_templates import (
    naming_problems,
    policy_problems,
    problems,
)


def test_templates_of_the_project_are_sound(settings: object) -> None:
    assert sorted(problems(settings.BASE_DIR / "templates")) == []


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<style>p {}</style>",
        '<a onclick="go()">x</a>',
        '<div hx-on:click="go()"></div>',
        '<a href="javascript:go()">x</a>',
        '<script src="https://example.org/x.js"></script>',
        '<img alt="" src="//example.org/x.png">',
    ],
)
def test_what_the_policy_refuses_is_found(source: str) -> None:
    assert len(list(policy_problems(source))) == 1


def test_what_the_policy_allows_is_left_alone() -> None:
    source = (
        '<script type="module" src="/static/crm/crm.js"></script><style nonce="x">p {}</style>'
        '<a href="https://example.org">x</a><p style="--w: 3%">one = "two"</p>'
    )
    assert list(policy_problems(source)) == []


def test_names_that_lead_nowhere_are_found() -> None:
    source = (
        '{% url "shell:home" %}{% url "shell:gone" %}{% icon "mail" %}{% icon "gone" %}'
        '{% static "crm/gone.css" %}{% include "gone.html" %}{% include "x.html" with icon="gone-too" %}'
        "{% blocktranslate %}\n  text\n{% endblocktranslate %}"
    )
    found = list(naming_problems(source, {"shell:home"}, {"mail"}))
    assert [problem.partition(":")[0] for problem in found if not problem.startswith("no page")] == [
        "no static file crm/gone.css",
        "no template gone.html",
        "no template x.html",
        "no icon gone",
        "no icon gone-too",
        "blocktranslate over several lines without “trimmed”",
    ]
    assert found[0] == "no page is named shell:gone"
