"""What Kubernetes is told fits the code: commands, queues, settings, figures. Read, not run."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from shared.queue.names import QUEUES
from shared.settings import PREFIX, Settings

FOLDER = Path(__file__).parents[1] / "deploy" / "kubernetes"
BASE = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
OBJECTS = [one for name in BASE["resources"] for one in yaml.safe_load_all((FOLDER / name).read_text())]
DEPLOYMENTS = {one["metadata"]["name"]: one["spec"] for one in OBJECTS if one["kind"] == "Deployment"}
each = pytest.mark.parametrize("name", DEPLOYMENTS)


def pod(name):
    return DEPLOYMENTS[name]["template"]["spec"]


def command(name):
    return pod(name)["containers"][0].get("command", [])


def test_every_file_is_listed():
    assert {path.name for path in FOLDER.iterdir()} == {"kustomization.yaml", *BASE["resources"]}


@each
def test_a_deployment_selects_its_own_pods(name):
    spec = DEPLOYMENTS[name]
    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"] == {"app": name}


@each
def test_a_pod_is_contained(name):
    (container,) = pod(name)["containers"]
    assert pod(name)["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        one["name"] for one in pod(name)["volumes"]
    }
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
    assert pod(name)["terminationGracePeriodSeconds"] >= 160


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
