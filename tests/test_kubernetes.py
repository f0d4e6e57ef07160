"""What Kubernetes is told is valid, and fits the code: commands, queues, settings, figures. Read, not run."""

import json
import re
import runpy
from importlib.util import find_spec
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from jsonschema import Draft202012Validator, ValidationError

from shared.queue.names import QUEUES
from shared.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "deploy" / "kubernetes"
VERSIONS = ("1.30", "1.37")
"""Of Kubernetes: the oldest that anybody should still run, and the newest that the checker knows."""
BASE = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
OBJECTS = [one for name in BASE["resources"] for one in yaml.safe_load_all((FOLDER / name).read_text())]
DEPLOYMENTS = {one["metadata"]["name"]: one["spec"] for one in OBJECTS if one["kind"] == "Deployment"}
STATEFUL = {one["metadata"]["name"]: one["spec"] for one in OBJECTS if one["kind"] == "StatefulSet"}
POLICIES = {one["metadata"]["name"]: one["spec"] for one in OBJECTS if one["kind"] == "NetworkPolicy"}
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
each = pytest.mark.parametrize("name", DEPLOYMENTS)
each_running = pytest.mark.parametrize("name", DEPLOYMENTS | STATEFUL)


def named(one):
    return f"{one['kind']}/{one['metadata']['name']}"


def rendered(one):
    """As `kubectl kustomize` gives it, as far as the schema is concerned: in its namespace."""
    scoped = {} if one["kind"] == "Namespace" else {"namespace": BASE["namespace"]}
    return one | {"metadata": one["metadata"] | scoped}


def check(one, version):
    if one["kind"] == "ScaledObject":
        schema = json.loads(Path(__file__).with_name("keda_scaledobject.json").read_text())
        Draft202012Validator(schema).validate(one)
    else:
        kubernetes_validate.validate(one, version, strict=True)


def pod(name):
    return (DEPLOYMENTS | STATEFUL)[name]["template"]["spec"]


def command(name):
    return pod(name)["containers"][0].get("command", [])


def chosen(selector):
    """The apps that a policy's selector means."""
    if "matchLabels" in selector:
        return {selector["matchLabels"]["app"]}
    if "matchExpressions" in selector:
        (expression,) = selector["matchExpressions"]
        assert (expression["key"], expression["operator"]) == ("app", "In")
        return set(expression["values"])
    return {*DEPLOYMENTS, *STATEFUL}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("one", OBJECTS, ids=named)
def test_a_manifest_is_what_kubernetes_and_keda_expect(one, version):
    check(rendered(one), version)


@pytest.mark.parametrize("one", OBJECTS, ids=named)
def test_the_check_can_fail(one):
    wrong = json.loads(json.dumps(rendered(one)))
    wrong.setdefault("spec", {})["replikas"] = 2
    with pytest.raises(ValidationError):
        check(wrong, VERSIONS[-1])


def test_every_file_is_listed():
    assert {path.name for path in FOLDER.iterdir()} == {"kustomization.yaml", *BASE["resources"]}


@each_running
def test_a_deployment_selects_its_own_pods(name):
    spec = (DEPLOYMENTS | STATEFUL)[name]
    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"] == {"app": name}


@each_running
def test_a_pod_is_contained(name):
    (container,) = pod(name)["containers"]
    security = pod(name)["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] > 0
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod(name)["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    claims = STATEFUL.get(name, {}).get("volumeClaimTemplates", [])
    given = [one["name"] for one in pod(name).get("volumes", [])] + [
        one["metadata"]["name"] for one in claims
    ]
    assert sorted(mount["name"] for mount in container["volumeMounts"]) == sorted(given)
    assert "memory" in container["resources"]["limits"]


@each
def test_a_command_starts_something_that_exists(name):
    match command(name):
        case ["python", "-m", module]:
            assert find_spec(f"{module}.__main__")
        case ["celery", "--app", module, *_]:
            assert find_spec(module)
        case []:
            assert name == "api"


def test_every_queue_is_served_once():
    served = [
        queue for name in DEPLOYMENTS if "--queues" in command(name) for queue in command(name)[-1].split(",")
    ]
    assert sorted(served) == sorted(QUEUES)


@pytest.mark.parametrize("name", ["worker-gpu", "worker-cpu"])
def test_a_worker_has_time_to_finish_its_stages(name):
    # A stage takes at most half of the broker's visibility timeout, 300 s in worker/app.py; compose gives as much.
    assert re.search(r'"visibility_timeout": 300,', (ROOT / "worker/app.py").read_text())
    assert pod(name)["terminationGracePeriodSeconds"] >= 300 / 2 + 10
    assert COMPOSE[name]["stop_grace_period"] == "3m"


def test_the_api_is_forgotten_by_its_callers_before_it_stops():
    (container,) = pod("api")["containers"]
    (_, seconds) = container["lifecycle"]["preStop"]["exec"]["command"]
    graceful = runpy.run_path(str(ROOT / "api/gunicorn.conf.py"))["graceful_timeout"]
    assert pod("api")["terminationGracePeriodSeconds"] >= int(seconds) + graceful + 5


def test_redis_keeps_what_it_was_given():
    arguments = pod("redis")["containers"][0]["args"]
    told = {arguments[i].removeprefix("--"): arguments[i + 1] for i in range(0, len(arguments), 2)}
    lines = (ROOT / "deploy/redis/redis.conf").read_text().splitlines()
    conf = dict(line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))
    own = {"maxmemory", "protected-mode", "dir"}
    assert {k: v for k, v in told.items() if k not in own} == {
        k: v.strip('"') for k, v in conf.items() if k not in own
    }
    (claim,) = STATEFUL["redis"]["volumeClaimTemplates"]
    (mount,) = pod("redis")["containers"][0]["volumeMounts"]
    assert (mount["name"], mount["mountPath"]) == (claim["metadata"]["name"], told["dir"])
    assert COMPOSE["redis"]["image"] == pod("redis")["containers"][0]["image"]


def test_who_is_not_let_in_stays_outside():
    assert POLICIES["nobody"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    entered = {
        app: [source for rule in spec["ingress"] for source in rule["from"]]
        for spec in POLICIES.values()
        if "ingress" in spec
        for app in chosen(spec["podSelector"])
    }
    assert set(entered) == {"api", "redis"}
    assert all(set(source) == {"namespaceSelector"} for source in entered["api"])
    (source,) = entered["redis"]
    assert chosen(source["podSelector"]) == set(DEPLOYMENTS)


def test_only_who_calls_strange_addresses_may_reach_them_and_none_that_is_private():
    assert chosen(POLICIES["to-the-world"]["podSelector"]) == {"api", "worker-cpu", "webhooks"}
    out = [
        target["ipBlock"]
        for spec in POLICIES.values()
        for rule in spec.get("egress", [])
        for target in rule["to"]
        if "ipBlock" in target
    ]
    assert out
    for block in out:
        if block["cidr"] == "0.0.0.0/0":
            assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(block["except"])
        else:
            assert {"fc00::/7", "fe80::/10"} <= set(block["except"])
    assert not any("redis" in chosen(spec["podSelector"]) for spec in POLICIES.values() if "egress" in spec)


@each
def test_everyone_reaches_redis_and_a_name_server(name):
    assert name in chosen(POLICIES["from-ours"]["podSelector"])


@pytest.mark.parametrize("name", ["keeper", "feeder", "webhooks", "worker-gpu", "worker-cpu"])
def test_who_touches_a_heartbeat_file_is_asked_for_it(name):
    (container,) = pod(name)["containers"]
    assert {"name": "CUTROOM_HEARTBEAT_FILE", "value": "/tmp/heartbeat"} in container["env"]
    assert "CUTROOM_HEARTBEAT_FILE" in container["livenessProbe"]["exec"]["command"][-1]


def test_every_setting_exists():
    text = "".join(path.read_text() for path in FOLDER.iterdir())
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    assert set(re.findall(rf"\b{PREFIX}[A-Z0-9_]*[A-Z0-9]\b", text)) <= known


def test_budgets_and_scaling_are_about_something_here():
    for one in OBJECTS:
        if one["kind"] == "PodDisruptionBudget":
            assert one["spec"]["selector"]["matchLabels"]["app"] in DEPLOYMENTS
        if one["kind"] == "ScaledObject":
            assert one["spec"]["scaleTargetRef"]["name"] in DEPLOYMENTS
            query = one["spec"]["triggers"][0]["metadata"]["query"]
            source = (FOLDER.parents[1] / "shared/metrics.py").read_text()
            assert all(f'"{name}"' in source for name in re.findall(r"cutroom_\w+", query))


def test_gpu_workers_run_where_gpus_are():
    assert pod("worker-gpu")["nodeSelector"]
    assert pod("worker-gpu")["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 1
