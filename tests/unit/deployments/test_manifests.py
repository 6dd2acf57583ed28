"""The manifests for many machines: of the right shape, naming only commands and settings that exist, and no secret."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import kubernetes_validate
import pytest
import yaml
from prefect.settings import Settings as PrefectSettings
from prefect.settings.legacy import _get_valid_setting_names  # pyright: ignore[reportPrivateUsage]
from prefect_redis.client import RedisMessagingSettings
from pydantic import SecretStr

from deployments.doorway import CLOSING_SECONDS
from deployments.prefect_pages import POLICY, forbid_calls_home
from deployments.prefect_server import BATCHES, DESKS, SILENT
from settings import PREFIX, Settings, read_settings
from tasks.deliver import LAST_SECONDS
from web.app import plan

HOUSE: Final = Path(__file__).parents[3]
COMPOSE: Final = HOUSE / "deployments" / "compose.yaml"
KUBERNETES: Final = HOUSE / "deployments" / "kubernetes"
CONTAINERFILE: Final = HOUSE / "deployments" / "Containerfile"
SECRETS: Final = {
    f"{PREFIX}{name}".upper() for name, field in Settings.model_fields.items() if "SecretStr" in str(field)
}
#: A word in the place of each secret, of the form it must have.
PLACEHOLDERS: Final = {
    "IEUM_DATABASE_URL": "postgresql://ieum@db.example/ieum",
    "IEUM_MASTER_KEY": "0123456789abcdef0123456789abcdef",
    "IEUM_API_TOKENS": '{"front-desk": "a-long-enough-random-text-for-a-token"}',
    "IEUM_PREFECT_AUTH": "admin:hidden",
    "IEUM_ALARM_URL": "https://chat.example/hook",
}


@dataclass(frozen=True)
class Container:
    """One container of a manifest: what it runs, and its environment (None for a value that comes from outside)."""

    name: str
    command: list[str]
    environment: Mapping[str, str | None]


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every Kubernetes object with the file it stands in."""
    for file in sorted(KUBERNETES.glob("*.yaml")):
        if file.name != "kustomization.yaml":
            yield from ((file.name, document) for document in yaml.safe_load_all(file.read_text()))


def pods() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Give every object that runs containers, with its pod's specification."""
    for _, document in documents():
        if document["kind"] in {"Deployment", "Job"}:
            yield document, document["spec"]["template"]["spec"]


def containers() -> list[Container]:
    """Give every container of ours, of Compose and of Kubernetes."""
    found: list[Container] = []
    for name, service in yaml.safe_load(COMPOSE.read_text())["services"].items():
        told: dict[str, str | None] = service.get("environment", {})
        outside = {key: None if value is None or value.startswith("${") else value for key, value in told.items()}
        found.append(Container(f"compose {name}", service["command"], outside))
    for document, pod in pods():
        for container in pod["containers"]:
            told = {each["name"]: each.get("value") for each in container.get("env", [])}
            found.append(Container(f"kubernetes {document['metadata']['name']}", container["command"], told))
    return found


OURS: Final = [each for each in containers() if each.command[0] != "redis-server"]


def test_compose_is_what_the_specification_says() -> None:
    schema = json.loads((Path(__file__).parent / "schemas" / "compose-spec.json").read_text())
    services: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]

    assert [] == [
        error.message for error in jsonschema_rs.validator_for(schema).iter_errors(yaml.safe_load(COMPOSE.read_text()))
    ]
    assert (2, 3, 2) == tuple(services[name]["deploy"]["replicas"] for name in ("doors", "desks", "prefect-api"))
    for service in services.values():
        assert set(service.get("depends_on", {})) <= services.keys()
        if service["restart"] != "no" and "deploy" in service:
            assert service["stop_grace_period"]
            assert {"limits", "reservations"} == service["deploy"]["resources"].keys()


@pytest.mark.parametrize("version", ["1.31", kubernetes_validate.latest_version()])
def test_kubernetes_takes_every_object(version: str) -> None:
    objects = list(documents())

    assert len(objects) > 10
    for _, document in objects:
        kubernetes_validate.validate(document, version, strict=True)


def test_every_file_is_named_in_the_kustomization_and_its_images_are() -> None:
    told = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())
    images = {container["image"] for _, pod in pods() for container in pod["containers"]}

    assert {name for name, _ in documents()} == set(told["resources"])
    assert {"ieum"} == {image["name"] for image in told["images"]}
    assert {"ieum", "docker.io/library/redis:7-bookworm"} == images


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kustomize_builds_it() -> None:
    built = subprocess.run(["kubectl", "kustomize", KUBERNETES], capture_output=True, text=True, check=True)  # noqa: S607
    objects = list(yaml.safe_load_all(built.stdout))

    assert len(list(documents())) == len(objects)
    assert {"ieum"} == {each["metadata"]["namespace"] for each in objects}
    assert "image: registry.example.org/ieum:0.1.0" in built.stdout


@pytest.mark.parametrize("words", sorted({tuple(each.command) for each in OURS}), ids=" ".join)
def test_every_command_exists_and_knows_its_options(words: tuple[str, ...]) -> None:
    verbs = [word for word in words if re.fullmatch(r"[a-z]+", word)]
    # What follows an option is its value.
    verbs = [
        word for before, word in zip(("", *words), words, strict=False) if word in verbs and not before.startswith("-")
    ]
    program = Path(sys.executable).parent / verbs[0]
    bare = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "PREFECT_"))}
    asked = subprocess.run(
        [program, *verbs[1:], "--help"],
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
        env=bare | {"COLUMNS": "200"},
    )

    assert 0 == asked.returncode, asked.stderr
    assert "Usage" in asked.stdout
    # Prefect answers with a group's help where there is no such command.
    assert verbs[-1] in asked.stdout.split("\n\n")[0]
    for option in (word for word in words if word.startswith("--")):
        assert option in asked.stdout, f"{' '.join(words)}: no option {option}"


@pytest.mark.parametrize("container", OURS, ids=lambda each: each.name)
def test_every_variable_is_a_setting_that_exists(container: Container) -> None:
    ours = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    prefects = _get_valid_setting_names(PrefectSettings)
    redis = {f"PREFECT_REDIS_MESSAGING_{name}".upper() for name in RedisMessagingSettings.model_fields}
    names = set(container.environment)

    assert names
    assert set() == {name for name in names if name.startswith(PREFIX)} - ours
    assert set() == {name for name in names if name.startswith("PREFECT_")} - prefects - redis
    assert set() == {name for name in names if not name.startswith((PREFIX, "PREFECT_"))} - {"DO_NOT_TRACK"}


@pytest.mark.parametrize("container", [each for each in OURS if each.command[0] == "ieum"], ids=lambda each: each.name)
def test_the_settings_are_taken_in_production(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    outside = {**PLACEHOLDERS, "IEUM_CENTER": "seoul-west", "IEUM_PUBLIC_URL": "https://ieum.example"}
    for name, value in container.environment.items():
        monkeypatch.setenv(name, outside[name] if value is None else value)

    assert "production" == read_settings().environment


def test_no_secret_stands_in_a_manifest() -> None:
    files = [COMPOSE, CONTAINERFILE, *KUBERNETES.glob("*.yaml")]
    asking = {
        "IEUM_API_TOKENS",
        *SECRETS,
        *(name for each in OURS for name in each.environment if re.search("AUTH|CONNECTION", name)),
    }

    assert isinstance(SecretStr("x"), SecretStr)
    assert len(SECRETS) > 4
    assert "Secret" not in {document["kind"] for _, document in documents()}
    for container in OURS:
        assert {} == {name: value for name, value in container.environment.items() if name in asking and value}
    for file in files:
        # An address with a password in it, or a long random text.
        assert not re.search(r"://[^\s/:${]+:(?!PASSWORD)[^\s/@]+@", file.read_text()), file
        assert not re.search(r"\b[0-9a-f]{32,}\b", file.read_text()), file


@pytest.mark.parametrize("container", OURS, ids=lambda each: each.name)
def test_prefects_profile_is_the_one_we_ship(container: Container) -> None:
    """The batches of the servers, the patience of the worker; `ieum desks` sets its own."""
    told = {name: value for name, value in container.environment.items() if value is not None}
    server = "PREFECT_SERVER_DATABASE_MIGRATE_ON_START" in told
    wanted = (
        {**SILENT, **BATCHES}
        if server
        else {**SILENT, **DESKS}
        if container.command[:2] == ["prefect", "worker"]
        else {}
    )

    assert wanted == {name: told.get(name) for name in wanted}
    if server:
        modules = {value for value in told.values() if value.startswith("prefect_redis.")}
        assert {"prefect_redis.messaging", "prefect_redis.ordering", "prefect_redis.lease_storage"} == modules


def test_whoever_stays_is_watched_ends_in_order_and_asks_for_what_it_needs() -> None:
    paths = set(plan().openapi()["paths"])
    grace: dict[str, int] = {}
    for document, pod in pods():
        [container] = pod["containers"]
        name = document["metadata"]["name"]
        assert {"cpu", "memory"} == container["resources"]["requests"].keys()
        assert pod["securityContext"]["runAsNonRoot"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        if document["kind"] == "Job":
            continue
        grace[name] = pod["terminationGracePeriodSeconds"]
        if name == "prefect-services":
            continue  # it has no page
        assert container["livenessProbe"], name
        if name in {"ieum-doors", "ieum-desks"}:
            asked = [container[probe]["httpGet"]["path"] for probe in ("livenessProbe", "readinessProbe")]
            assert ["/health/live", "/health/ready"] == asked
            assert set(asked) <= paths

    # Before SIGTERM the balancer has five seconds; an exchange under way has its time and what is written after it too.
    assert grace["ieum-doors"] >= 5 + CLOSING_SECONDS + 5
    assert grace["ieum-desks"] >= LAST_SECONDS + 20
    assert grace["ieum-worker"] >= LAST_SECONDS + 20


def test_the_image_is_built_from_what_is_here_and_runs_as_nobody_special() -> None:
    text = CONTAINERFILE.read_text()
    installs = re.findall(r"pip install [^\\\n]*", text)

    assert all("--require-hashes" in install or "--no-index" in install for install in installs)
    assert len(installs) == 3
    for page in re.findall(r"requirements/[a-z]+\.txt", text):
        assert (HOUSE / page).exists()
    assert "ADD " not in text
    assert re.search(r"^USER 10001:10001$", text, flags=re.MULTILINE)


def test_prefects_pages_in_the_image_call_nobody_else(tmp_path: Path) -> None:
    import prefect  # noqa: PLC0415

    brought = Path(prefect.__ui_static_path__).parent
    for page in brought.glob("*/index.html"):
        (tmp_path / page.parent.name).mkdir()
        shutil.copy(page, tmp_path / page.parent.name)

    assert 2 == len(forbid_calls_home(tmp_path))
    assert all(POLICY in page.read_text() for page in tmp_path.glob("*/index.html"))
