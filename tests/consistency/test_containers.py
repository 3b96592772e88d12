"""The container files hold together: everything they name exists, and they are closed by default."""

import re
import stat
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
OURS = ("web", "worker", "beat")


def settings_variables() -> set[str]:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^# ([A-Z_]+)=", text, re.MULTILINE))


@pytest.mark.parametrize("name", sorted(set(SERVICES)))
def test_every_service_restarts_and_is_watched(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    watched_by_image = name == "web" and "HEALTHCHECK" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "healthcheck" in service or watched_by_image


@pytest.mark.parametrize("name", OURS)
def test_our_services_read_known_settings_and_declared_secrets(name: str) -> None:
    service = SERVICES[name]
    variables = {variable.removesuffix("_FILE") for variable in service["environment"]}
    assert variables <= settings_variables()
    files = [value for key, value in service["environment"].items() if key.endswith("_FILE")]
    assert {Path(value).name for value in files} <= set(service["secrets"]) <= set(COMPOSE["secrets"])


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_closed(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "privileged" not in service


def test_the_image_runs_as_an_ordinary_user() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert "USER crm" in lines


def test_only_the_web_service_knows_the_owner_of_the_database() -> None:
    knowing = {name for name in OURS if "database_owner_url" in SERVICES[name]["secrets"]}
    assert knowing == {"web"}


def test_only_the_proxy_is_open_to_the_world() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"caddy"}


def test_files_and_commands_exist() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).is_file(), source
            else:
                assert source in COMPOSE["volumes"], source
    for name in OURS:
        script = ROOT / SERVICES[name]["command"][0]
        assert script.stat().st_mode & stat.S_IXUSR, script


def test_every_secret_is_made_by_the_script() -> None:
    script = (ROOT / "deploy/make-secrets").read_text(encoding="utf-8")
    made = set(re.findall(r"^new ([a-z_]+) ", script, re.MULTILINE))
    assert made == {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}


def test_services_wait_for_those_they_need() -> None:
    """Workers begin once the web service has brought the schema up to date."""
    servers = {"postgres", "valkey", "valkey-ingest"}
    needed = {"web": servers, "worker": servers | {"web"}, "beat": servers | {"web"}}
    assert {name: set(SERVICES[name]["depends_on"]) for name in OURS} == needed
    conditions = {one["condition"] for name in OURS for one in SERVICES[name]["depends_on"].values()}
    assert conditions == {"service_healthy"}


def test_sign_in_mail_can_leave_through_a_server_that_asks_who_we_are() -> None:
    wanted = {"EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS"}
    assert wanted <= set(SERVICES["web"]["environment"])


def test_a_file_on_its_way_in_is_not_kept_in_memory() -> None:
    """The only folder for temporary files is in memory; uploads may have two gigabytes."""
    assert SERVICES["web"]["read_only"] is True
    assert 'TMPDIR="$VAR_DIR/' in (ROOT / "deploy/web").read_text(encoding="utf-8")


def test_no_secret_goes_into_the_image() -> None:
    """`COPY . .` would bake the keys of the installation into a layer, for whoever gets the image."""
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    folders = {Path(secret["file"]).parent.as_posix() for secret in COMPOSE["secrets"].values()}
    assert {*folders, "var", ".env"} <= set(left_out)
