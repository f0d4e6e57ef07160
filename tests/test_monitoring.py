"""Alarms and dashboard ask for what is really exposed, and Prometheus's own checker agrees where it is here."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import fakeredis
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from shared import metrics
from shared.queue.names import QUEUES, RUNG_AT

DEPLOY = Path(__file__).parents[1] / "deploy"
RULES = [
    rule
    for group in yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
DASHBOARD = json.loads((DEPLOY / "grafana/dashboards/cutroom.json").read_text())
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
GIVEN = {
    "memory": {"used_memory": 1, "maxmemory": 2},
    "counters": {
        f"{name}{'|x' * len(labels)}": "1" for name, (_, labels) in metrics._COUNTERS.items()
    } | {"stage_seconds_bucket|segment|1": "1", "stage_seconds_sum|segment": "0.5"},
}  # fmt: skip


@pytest.fixture(scope="module")
def exposition():
    """An installation in which each figure has a value."""
    redis = fakeredis.FakeRedis(decode_responses=True)
    redis.info = lambda _section: GIVEN["memory"]
    redis.hset("metrics", mapping=GIVEN["counters"])
    redis.hset("keeper", "ring", 1)
    redis.hset("feeder", "feed", 1)
    redis.sadd("workers", "one")
    redis.set("worker:one", json.dumps({"worker_id": "one", "queues": [], "resident": ["u2net"]}))
    message = json.dumps({"headers": {RUNG_AT: 1.0}})
    redis.lpush(QUEUES[0], message)
    return metrics.Figures(redis, redis).exposition().decode()


@pytest.fixture(scope="module")
def known(exposition):
    """Label names by the name of each sample there is."""
    return {
        sample.name: set(sample.labels)
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
    }


@pytest.mark.parametrize("expression", [*QUERIES, *(rule["expr"] for rule in RULES)])
def test_what_is_asked_for_is_there(expression, known):
    names = re.findall(r"\bcutroom_\w+", expression)
    assert names or 'up{job="cutroom"}' in expression
    for name in names:
        assert name in known
    for name, matchers in re.findall(r"(cutroom_\w+)\{([^}]*)\}", expression):
        assert {matcher.strip() for matcher in re.findall(r"(\w+)\s*(?:=~|!=|=)", matchers)} <= known[name]
    for grouped in re.findall(r"by \(([^)]*)\)", expression):
        assert {label.strip() for label in grouped.split(",")} <= set().union(
            *(known[name] for name in names)
        )
    assert expression.count("(") == expression.count(")")


def test_every_figure_is_looked_at(known):
    asked = " ".join([*QUERIES, *(rule["expr"] for rule in RULES)])
    assert {name for name in known if not name.endswith("_created") and name not in asked} == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alarm_says_what_to_do(rule):
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in {"page", "ticket"}
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    text = (DEPLOY.parent / page).read_text()
    headings = {
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    assert anchor in headings


def test_prometheus_scrapes_the_api_and_loads_the_alarms():
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    (scrape,) = config["scrape_configs"]
    assert scrape["static_configs"] == [{"targets": ["api:8000"]}]
    assert [Path(path).name for path in config["rule_files"]] == ["alerts.yml"]


@pytest.fixture
def promtool():
    """Prometheus's checker (Debian's package `prometheus` has it)."""
    if (path := shutil.which("promtool")) is None:
        pytest.skip("promtool is not installed: the rules were not checked by Prometheus itself")

    def run(*arguments, given=""):
        return subprocess.run(
            [path, *arguments], input=given, capture_output=True, text=True, check=False, timeout=60
        )

    return run


def test_promtool_accepts_the_alarms(promtool):
    done = promtool("check", "rules", str(DEPLOY / "prometheus/alerts.yml"))
    assert done.returncode == 0, done.stderr
    assert f"{len(RULES)} rules found" in done.stdout


def test_promtool_accepts_the_configuration(promtool):
    done = promtool("check", "config", "--syntax-only", str(DEPLOY / "prometheus/prometheus.yml"))
    assert done.returncode == 0, done.stderr


def test_promtool_accepts_the_figures(promtool, exposition):
    done = promtool("check", "metrics", given=exposition)
    assert done.returncode == 0, done.stderr


def test_the_alarms_ring_when_they_should_and_not_before(promtool):
    done = promtool("test", "rules", str(Path(__file__).with_name("alerts_test.yml")))
    assert done.returncode == 0, done.stdout + done.stderr
