"""The environment: the only configuration, with errors that name the variable and the fix."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from campaign_crm.platform.env import Environment, SettingError, database_settings

ROOT = Path(__file__).resolve().parents[2]


def test_a_value_may_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("hidden\n")
    assert Environment({"TOKEN_FILE": str(path)}).text("TOKEN") == "hidden"


@pytest.mark.parametrize(
    ("values", "read", "words"),
    [
        ({}, lambda env: env.text("NAME"), ["NAME", ".env.example"]),
        (
            {"NAME_FILE": "/nowhere"},
            lambda env: env.text("NAME"),
            ["NAME_FILE", "/nowhere", "Correct the path"],
        ),
        ({"NAME": "maybe"}, lambda env: env.flag("NAME", default=True), ["NAME", "write 1 (on) or 0 (off)"]),
        ({"NAME": "ten"}, lambda env: env.number("NAME", 3), ["NAME", "whole number"]),
        ({"NAME": "0"}, lambda env: env.number("NAME", 3, least=1), ["NAME", "1 or more"]),
        ({"NAME": "ftp://x"}, lambda env: env.url("NAME", None, schemes=("https",)), ["NAME", "https://"]),
        (
            {"NAME": "loud"},
            lambda env: env.choice("NAME", "INFO", choices=("INFO", "DEBUG")),
            ["NAME", "DEBUG"],
        ),
    ],
)
def test_a_wrong_value_names_the_variable_and_the_fix(values, read, words) -> None:
    with pytest.raises(SettingError) as error:
        read(Environment(values))
    assert all(word in str(error.value) for word in words)


def test_a_database_url_may_name_a_socket_folder() -> None:
    settings = database_settings("postgresql://crm_app@/crm?host=/run/crm", name_of_variable="DATABASE_URL")
    assert (settings["HOST"], settings["USER"], settings["NAME"]) == ("/run/crm", "crm_app", "crm")


def test_a_database_url_keeps_special_characters_of_the_password() -> None:
    settings = database_settings("postgresql://u:p%40ss@db:5433/crm", name_of_variable="DATABASE_URL")
    assert (settings["PASSWORD"], settings["HOST"], settings["PORT"]) == ("p@ss", "db", "5433")


@pytest.mark.parametrize("url", ["sqlite:///x", "postgresql://db"])
def test_a_database_that_is_not_postgresql_is_refused(url: str) -> None:
    with pytest.raises(SettingError, match="DATABASE_URL"):
        database_settings(url, name_of_variable="DATABASE_URL")


def variables_read_by_the_settings() -> set[str]:
    """First arguments of `env.…("NAME")` in the settings and in the reading of the keys."""
    names = {"SECRET_KEY", "LINK_KEYS", "ENCRYPTION_KEYS", "HASH_KEY"}
    tree = ast.parse((ROOT / "campaign_crm/settings.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "env"
            and isinstance(node.args[0], ast.Constant)
        ):
            names.add(node.args[0].value)
    return names


def variables_read_by_the_scripts() -> set[str]:
    """Every `${NAME:-default}` of the commands of `deploy/`, but those of every system."""
    scripts = [path for path in (ROOT / "deploy").iterdir() if path.is_file()]
    text = "".join(path.read_text(encoding="utf-8") for path in scripts)
    return set(re.findall(r"\$\{([A-Z_]+):-", text)) - {"TMPDIR"}


def test_the_example_lists_every_variable_and_no_other() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    read = variables_read_by_the_settings() | variables_read_by_the_scripts()
    assert set(re.findall(r"^# ([A-Z_]+)=", text, re.MULTILINE)) == read


def test_the_example_can_be_loaded_as_it_says() -> None:
    """With every line taken in, a shell reads it, and each value is what stands before the remark."""
    text = re.sub(
        r"^# ([A-Z_]+=)", r"\1", (ROOT / ".env.example").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    script = f'set -a; {text}\nset +a; echo "$WEB_THREADS $REDIS_URL $TIME_ZONE"'
    done = subprocess.run(["sh", "-eu", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "8 redis://127.0.0.1:6379/0 Europe/Paris\n"
    assert "set -a; . ./.env; set +a" in text
