"""One installation for most faults: a fault that leaves it damaged has failed its test anyway."""

import http.server
import random
from threading import Thread

import pytest

from tests.faults.installation import Installation
from tests.faults.load import KINDS, Load, photo
from tests.faults.results import Results
from tests.integration.conftest import picture, stack  # noqa: F401  fixtures

SEED = 20261120


def pytest_addoption(parser):
    group = parser.getgroup("faults")
    group.addoption(
        "--faults", choices=("short", "full"), default="short", help="full: as `make test-faults`"
    )
    group.addoption("--faults-write", action="store_true", help="write benchmarks/results/faults.json")


@pytest.fixture(scope="session")
def is_full(request) -> bool:
    return request.config.getoption("--faults", "short") == "full"


@pytest.fixture(scope="session")
def results(request, is_full):
    results = Results(is_full)
    yield results
    if request.config.getoption("--faults-write", False):
        results.write()


@pytest.fixture(scope="session")
def pictures():
    """A picture server on loopback: one photo, everything else is gone."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            path, _, serial = self.path.partition("?")
            found = path == "/photo.png"
            body = photo(KINDS[0], int(serial)) if found else b""
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def shared_installation(tmp_path_factory, pictures):
    installation = Installation(tmp_path_factory.mktemp("faults"), pictures)
    try:
        yield installation.up()
    finally:
        installation.down()


@pytest.fixture(scope="session")
def expected(shared_installation):
    """What each kind of job comes to when nothing goes wrong."""
    return undisturbed(shared_installation)


def undisturbed(installation: Installation) -> dict:
    load = Load(installation, SEED, {})
    jobs = {kind.name: load.submit_one(kind) for kind in KINDS}
    for job_id in jobs.values():
        installation.finished(job_id, 30)
    outcomes = {name: installation.outcome(job_id) for name, job_id in jobs.items()}
    wanted = {"no_subject": ("failed", "no_subject"), "gone": ("failed", "download_failed")}
    for name, outcome in outcomes.items():
        assert (outcome.status, outcome.code) == wanted.get(name, ("succeeded", None)), (name, outcome)
        assert {f"{output}-{shown}" for output, shown in outcome.outputs} <= outcome.objects, (name, outcome)
    return outcomes


@pytest.fixture
def installation(shared_installation, expected):
    shared_installation.healthy()
    yield shared_installation
    shared_installation.points.clear()


@pytest.fixture
def handing_over(installation):
    """Workers that ring every stage."""
    with installation.handing_over():
        yield


@pytest.fixture
def load(installation, expected, request):
    """A load of this test's own, the same in each run."""
    return Load(installation, random.Random(f"{SEED} {request.node.name}").getrandbits(32), expected)


@pytest.fixture
def survived(results):
    """Judge a load after its fault, and write the verdict down under the fault's name."""

    def survived(load: Load, fault: str, seconds: float = 60) -> None:
        verdict = load.verdict(seconds)
        results.add(fault, verdict)
        assert verdict.is_clean, verdict.in_full()
        load.installation.settled()

    return survived
