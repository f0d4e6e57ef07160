"""What is started elsewhere is what is here: commands, queues, settings, ports, files. Read, not run."""

import json
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from shared.queue.names import QUEUES
from shared.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
PROFILES = ("cpu", "gpu")
DOCKERFILES = ("api/Dockerfile", "worker/Dockerfile")
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines() if line)
VARIABLES = {PREFIX + name.upper() for name in Settings.model_fields}
PORTS = {
    "api": Settings().port,
    "redis": urlsplit(Settings().redis_url).port,
    "objects": 8333,
    "prometheus": 9090,
    "grafana": 3000,
    "flower": 5555,
}

each_service = pytest.mark.parametrize("service", SERVICES)
each_dockerfile = pytest.mark.parametrize("dockerfile", DOCKERFILES)


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """(FROM, …), (COPY, …): what a Dockerfile says, each on one line."""
    text = re.sub(r"\\\n", " ", (ROOT / dockerfile).read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.strip().partition(" ") for line in lines)]


def said(dockerfile: str, word: str) -> list[str]:
    return [rest for found, rest in instructions(dockerfile) if found == word]


def dockerfile_of(service: str) -> str | None:
    return SERVICES[service].get("build", {}).get("dockerfile")


def command_of(service: str) -> list[str]:
    """What the container runs: the service's command, else its image's."""
    command = SERVICES[service].get("command")
    if command is not None:
        return shlex.split(command)
    return json.loads(said(dockerfile_of(service), "CMD")[-1])


def commands() -> dict[str, list[str]]:
    """Every command that starts a process of ours."""
    composed = {f"compose {name}": command_of(name) for name in OURS}
    images = {path: json.loads(said(path, "CMD")[-1]) for path in DOCKERFILES}
    return composed | images | {f"Procfile {name}": shlex.split(line) for name, line in PROCFILE.items()}


def option(command: list[str], name: str) -> str:
    return command[command.index(name) + 1]


def queues(command: list[str]) -> list[str]:
    return option(command, "--queues").split(",") if "--queues" in command else []


@pytest.mark.parametrize("command", commands().values(), ids=commands())
def test_a_command_starts_something_that_exists(command):
    if command[:2] == ["sh", "deploy/embedded/again.sh"]:
        command = command[2:]
    match command:
        case ["python", "-m", module]:
            assert find_spec(f"{module}.__main__")
        case ["sh", script]:
            assert (ROOT / script).is_file()
        case ["gunicorn", *_, app]:
            module, _, attribute = app.partition(":")
            assert (ROOT / option(command, "--config")).is_file()
            assert re.search(rf"^{attribute} = ", Path(find_spec(module).origin).read_text(), re.MULTILINE)
        case ["celery", *_]:
            module = Path(find_spec(option(command, "--app")).origin)
            assert re.search(r"^app = ", module.read_text(), re.MULTILINE)
            assert {"--without-gossip", "--without-mingle"} <= set(command)
        case _:
            pytest.fail(f"unknown program {command[0]}")


@pytest.mark.parametrize("command", commands().values(), ids=commands())
def test_a_worker_empties_interactive_queues_first(command):
    served = queues(command)
    assert served == [queue for queue in QUEUES if queue in served]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_queue_is_served_once_in_each_profile(profile):
    running = [name for name, service in SERVICES.items() if profile in service.get("profiles", [profile])]
    assert sorted(queue for name in running if name in OURS for queue in queues(command_of(name))) == sorted(
        QUEUES
    )


def test_every_queue_is_served_by_the_procfile():
    assert queues(shlex.split(PROCFILE["worker"])) == list(QUEUES)


def test_env_example_chooses_a_profile_that_exists():
    (chosen,) = re.findall(r"^COMPOSE_PROFILES=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert chosen in PROFILES
    assert {p for service in SERVICES.values() for p in service.get("profiles", [])} == {
        *PROFILES,
        "monitoring",
    }


@pytest.mark.parametrize("path", ["docker-compose.yml", "Procfile", "deploy/embedded/redis.sh", *DOCKERFILES])
def test_every_variable_is_a_setting(path):
    assert set(re.findall(rf"\b{PREFIX}[A-Z0-9_]*[A-Z0-9]\b", (ROOT / path).read_text())) <= VARIABLES


@each_service
def test_what_a_service_is_told_are_valid_settings(service, monkeypatch):
    for name, value in SERVICES[service].get("environment", {}).items():
        if name.startswith(PREFIX):
            monkeypatch.setenv(name, re.sub(r"\$\{\w+:[-?](.*)\}", r"\1", str(value)))
    Settings()


def test_ports_are_those_of_the_settings():
    environment = SERVICES["api"]["environment"]
    assert int(environment["CUTROOM_PORT"]) == PORTS["api"]
    for variable, service in (
        ("REDIS_URL", "redis"),
        ("BROKER_URL", "redis"),
        ("S3_ENDPOINT_URL", "objects"),
    ):
        url = urlsplit(environment[f"CUTROOM_{variable}"])
        assert (url.hostname, url.port) == (service, PORTS[service])
    assert said("api/Dockerfile", "EXPOSE") == [str(PORTS["api"])]
    assert f":{PORTS['api']}/healthz" in said("api/Dockerfile", "HEALTHCHECK")[0]


@each_service
def test_only_the_loopback_is_published(service):
    # CUTROOM_AUTH=off lets everyone in, so the machine's own address is as far as it may go.
    published = SERVICES[service].get("ports", [])
    assert published == (
        [f"127.0.0.1:{PORTS[service]}:{PORTS[service]}"] if service in {*PORTS} - {"redis"} else []
    )


def test_records_and_messages_are_out_of_reach_from_outside():
    assert SERVICES["redis"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


@each_service
def test_dependencies_exist_and_say_when_they_are_ready(service):
    for name, how in SERVICES[service].get("depends_on", {}).items():
        assert name in SERVICES
        assert how == {"condition": "service_healthy"}


@each_service
def test_a_service_says_whether_it_is_healthy(service):
    dockerfile = dockerfile_of(service)
    assert "healthcheck" in SERVICES[service] or (dockerfile and said(dockerfile, "HEALTHCHECK"))


@pytest.mark.parametrize("service", ["worker", "worker-gpu", "worker-cpu", "keeper", "feeder", "webhooks"])
def test_who_touches_a_heartbeat_file_is_judged_by_it(service):
    # By the image's own check, of the file that the image names.
    assert "healthcheck" not in SERVICES[service]
    file = SERVICES[service]["environment"].get("CUTROOM_HEARTBEAT_FILE", "/tmp/heartbeat")
    assert f"CUTROOM_HEARTBEAT_FILE={file}" in " ".join(said("worker/Dockerfile", "ENV"))
    assert "$CUTROOM_HEARTBEAT_FILE" in said("worker/Dockerfile", "HEALTHCHECK")[0]


def test_on_one_machine_what_the_others_need_ends_it_all_and_the_rest_is_started_again():
    again = {name for name, line in PROCFILE.items() if line.startswith("sh deploy/embedded/again.sh ")}
    assert again == set(PROCFILE) - {"redis", "web"}


@each_service
def test_a_service_is_contained(service):
    wanted = {
        "restart": "unless-stopped",
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "logging": {"driver": "local"},
    }
    # SeaweedFS writes where it likes; nobody says that it need not.
    wanted |= {} if service == "objects" else {"read_only": True, "tmpfs": ["/tmp"]}
    assert {key: SERVICES[service].get(key) for key in wanted} == wanted
    assert service in OURS or SERVICES[service]["user"] not in ("", "root", "0")


@each_dockerfile
def test_an_image_ends_as_an_ordinary_user(dockerfile):
    (user,) = said(dockerfile, "USER")
    uid = re.fullmatch(r"([1-9]\d+):\1", user)[1]
    assert f"--uid {uid}" in " ".join(said(dockerfile, "RUN"))
    after = [word for word, _ in instructions(dockerfile)]
    assert not {"RUN", "COPY"} & set(after[after.index("USER") :])


@each_service
def test_a_service_has_time_to_finish(service):
    seconds = {"s": 1, "m": 60}
    number, unit = re.fullmatch(r"(\d+)([sm])", SERVICES[service]["stop_grace_period"]).groups()
    # A stage takes at most half of the broker's visibility timeout, 300 s in worker/app.py.
    least = 300 / 2 + 10 if service.startswith("worker") else 15
    if service == "api":
        least = runpy.run_path(str(ROOT / "api/gunicorn.conf.py"))["graceful_timeout"] + 5
    assert int(number) * seconds[unit] >= least


@each_service
def test_an_image_is_pinned(service):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    tag = SERVICES[service]["image"].partition(":")[2]
    assert tag == version if service in OURS else re.fullmatch(r"v?\d+(\.\d+)+", tag)


@each_dockerfile
def test_a_base_image_is_pinned(dockerfile):
    stages = {line.partition(" AS ")[2] for line in said(dockerfile, "FROM")}
    for line in said(dockerfile, "FROM"):
        image = line.partition(" AS ")[0]
        assert image in stages or re.fullmatch(
            r"\w+:\d+\.\d+\.\d+-slim-bookworm|\w+:\d+\.\d+\.\d+-bookworm-slim", image
        )


@each_dockerfile
def test_what_is_copied_is_here_and_is_let_into_the_build(dockerfile):
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in said(dockerfile, "COPY"):
        *sources, _target = line.split()
        if not sources[0].startswith("--from="):
            assert all((ROOT / source).exists() for source in sources)
            assert set(sources) <= allowed


def test_an_image_installs_what_it_needs_and_no_more():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert any(run.endswith("--requirement requirements/api.lock") for run in said("api/Dockerfile", "RUN"))
    assert said("worker/Dockerfile", "ARG") == ["EXTRAS=worker"]
    given = [
        service.get("build", {}).get("args", {}).get("EXTRAS", "worker") for service in SERVICES.values()
    ]
    assert {extra for names in given for extra in names.split(",")} <= set(extras)


@each_service
def test_what_is_mounted_is_declared_or_here(service):
    for volume in SERVICES[service].get("volumes", []):
        source = volume.split(":")[0]
        assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_object_storage_is_never_open_to_all():
    environment = SERVICES["objects"]["environment"]
    ours = SERVICES["api"]["environment"]
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        assert re.fullmatch(rf"\$\{{CUTROOM_S3_{name}:\?.+\}}", environment[f"AWS_{name}"])
        assert ours[f"CUTROOM_S3_{name}"] == environment[f"AWS_{name}"]
    assert ours["CUTROOM_STORAGE_URL"] == f"s3://{environment['S3_BUCKET']}"


def test_redis_keeps_what_it_was_given():
    conf = dict(
        line.split(maxsplit=1)
        for line in (ROOT / "deploy/redis/redis.conf").read_text().splitlines()
        if line and not line.startswith("#")
    )
    assert conf["appendonly"] == "yes"
    assert conf["appendfsync"] == "everysec"
    assert conf["maxmemory-policy"] == "noeviction"
    assert "maxmemory" in conf
    assert "redis/redis.conf" in (ROOT / "deploy/embedded/redis.sh").read_text()


def test_the_gpu_worker_reserves_a_gpu_and_uses_it():
    worker = SERVICES["worker-gpu"]
    (device,) = worker["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}
    assert worker["environment"]["CUTROOM_DEVICE"] == "cuda"
    assert "torch" in worker["build"]["args"]["EXTRAS"]


def test_compose_accepts_the_file():
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run(
        [*check, str(ROOT / "docker-compose.yml")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@each_dockerfile
def test_hadolint_finds_nothing(dockerfile):
    done = subprocess.run([BIN / "hadolint", ROOT / dockerfile], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
