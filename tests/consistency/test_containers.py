"""The container files hold together: everything they name exists, and they are closed by default."""

import re
import stat
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
LASTING = ("web", "worker", "beat", "returns")
OURS = ("migrate", *LASTING)


def settings_variables() -> set[str]:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^# ([A-Z_]+)=", text, re.MULTILINE))


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
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


def test_migrations_run_once_and_alone_know_the_owner_of_the_database() -> None:
    assert SERVICES["migrate"]["restart"] == "no"
    knowing = {
        name
        for name in SERVICES
        if {"database_owner_url", "owner_password"} & set(SERVICES[name].get("secrets", []))
    }
    assert knowing == {"migrate", "postgres"}  # postgres makes the role on its first start


def test_only_the_proxy_is_open_to_the_world() -> None:
    open_ports = {
        name: [port for port in service["ports"] if not port.startswith("127.0.0.1:")]
        for name, service in SERVICES.items()
        if "ports" in service
    }
    assert {name for name, ports in open_ports.items() if ports} == {"caddy"}


def test_returns_are_taken_only_where_they_are_asked_for_and_never_from_the_network() -> None:
    returns = SERVICES["returns"]
    assert returns["profiles"] == ["returns"]
    assert [port.rpartition("127.0.0.1:")[0] for port in returns["ports"]] == [""]
    assert returns["environment"]["LMTP_HOST"] == "0.0.0.0"  # noqa: S104 - within its container
    knowing = {name for name in OURS if "LMTP_HOST" in SERVICES[name]["environment"]}
    assert knowing == {"returns"}
    assert all(
        "LMTP_PORT" in SERVICES[name]["environment"] for name in OURS
    )  # pages say whether they are read


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
    """Programs begin once the schema is up to date; migrations once the servers answer."""
    healthy = dict.fromkeys(("postgres", "valkey", "valkey-ingest"), "service_healthy")
    waits = {
        name: {other: how["condition"] for other, how in SERVICES[name]["depends_on"].items()}
        for name in OURS
    }
    assert waits["migrate"] == healthy
    for name in LASTING:
        assert waits[name] == healthy | {"migrate": "service_completed_successfully"}


def test_the_database_is_asked_by_tcp() -> None:
    """The server that makes the roles on the first start answers on its socket, and ends again."""
    test = SERVICES["postgres"]["healthcheck"]["test"]
    assert test[test.index("--host") + 1] == "127.0.0.1"


def test_a_full_valkey_gives_up_what_may_be_lost_and_nothing_else() -> None:
    """The cache has an end and goes; the queue and the hits that were answered for stay."""
    policies = {}
    for name in ("valkey", "valkey-ingest"):
        command = SERVICES[name]["command"]
        policies[name] = command[command.index("--maxmemory-policy") + 1]
    assert policies == {"valkey": "volatile-lru", "valkey-ingest": "noeviction"}
    ingest = SERVICES["valkey-ingest"]["command"]
    assert ingest[ingest.index("--appendfsync") + 1] == "always"


def test_what_an_installation_chooses_passes_through() -> None:
    wanted = {"LANGUAGE_CODE", "TIME_ZONE", "UPLOAD_MAX_MEGABYTES", "LOG_LEVEL"}
    for name in OURS:
        assert wanted <= set(SERVICES[name]["environment"])
    proxy = (ROOT / "deploy/Caddyfile").read_text(encoding="utf-8")
    assert "UPLOAD_MAX_MEGABYTES" in SERVICES["caddy"]["environment"]
    assert "max_size {$UPLOAD_MAX_MEGABYTES:2048}MiB" in proxy


def test_sign_in_mail_can_leave_through_a_server_that_asks_who_we_are() -> None:
    wanted = {"EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD_FILE", "EMAIL_USE_TLS"}
    assert wanted <= set(SERVICES["web"]["environment"])


def test_no_secret_goes_into_the_image() -> None:
    """`COPY . .` would bake the keys of the installation into a layer, for whoever gets the image."""
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    folders = {Path(secret["file"]).parent.as_posix() for secret in COMPOSE["secrets"].values()}
    assert {*folders, "var", ".env"} <= set(left_out)


def test_the_image_speaks_french() -> None:
    """Compiled catalogues are no part of the repository; nothing can be written once the image runs."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert lines.index("RUN python -m tools.messages compile") < lines.index("USER crm")


def test_the_image_is_reached_from_other_containers() -> None:
    assert "WEB_HOST=0.0.0.0" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_can_be_installed_where_there_is_no_embedded_valkey(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    markers = [Requirement(line).marker for line in lines if line.startswith("valkey")]
    assert len(markers) == 2
    for machine, python, wanted in [
        ("x86_64", "3.13", True),
        ("aarch64", "3.13", False),
        ("x86_64", "3.14", False),
    ]:
        place = {
            "platform_machine": machine,
            "python_version": python,
            "python_full_version": f"{python}.0",
        }
        assert [marker.evaluate(place) for marker in markers if marker] == [wanted] * 2


def test_the_image_holds_no_server_of_its_own() -> None:
    assert "grep -v '^valkey' requirements.txt" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
