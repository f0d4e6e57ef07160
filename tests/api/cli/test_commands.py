"""The commands that talk to a server."""

import json

import pytest
from click.testing import CliRunner

from api.cli.main import cli
from shared.jobs.job import JobError
from tests.api.pictures import encoded
from tests.api.working_queue import RESULT


@pytest.fixture
def run(working_url):
    """Run `cutroom …` against an API that does all work at once."""
    return lambda *args: CliRunner().invoke(cli, [*map(str, args), "--server", working_url])


@pytest.fixture
def job_id(run, photo):
    return json.loads(run("submit", photo, "--json").stdout)["id"]


def test_submit_prints_the_job(run, photo):
    result = run("submit", photo)
    assert (result.exit_code, result.stdout.split()[1]) == (0, "queued")


def test_every_option_reaches_the_job(run, photo):
    result = run(
        "submit", photo, "--model", "imgly-small", "--upscale", "2", "--format", "webp", "--include-matte", "--json",
        "--effect", "drop_shadow", "--effect", '{"type": "outline", "width": 2}',
    )  # fmt: skip
    spec = json.loads(result.stdout)["spec"]
    assert (spec["model"], spec["upscale"]["scale"]) == ("imgly-small", 2.0)
    assert [(effect["type"], effect.get("width")) for effect in spec["effects"]] == [
        ("drop_shadow", None), ("outline", 2.0),
    ]  # fmt: skip
    assert (spec["output"]["format"], spec["output"]["include_matte"]) == ("webp", True)


def test_results_are_named_after_the_photo(run, photo, tmp_path):
    result = run("submit", photo, "--include-matte", "-o", tmp_path / "out")
    assert result.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["cat.matte.png", "cat.png"]
    assert (tmp_path / "out" / "cat.png").read_bytes() == RESULT


def test_waiting_shows_every_stage(run, photo):
    result = run("submit", photo, "--upscale", "2", "--wait")
    assert result.exit_code == 0
    assert all(stage in result.stderr for stage in ("segment", "upscale", "render"))
    assert "succeeded" in result.stdout


def test_several_photos_are_several_jobs(run, photo, tmp_path):
    other = tmp_path / "dog.png"
    other.write_bytes(encoded())
    assert len(run("submit", photo, other).stdout.splitlines()) == 2


def test_a_failed_job_is_exit_code_1_and_says_why(run, photo, working_queue):
    working_queue.error = JobError("no_subject", "No subject.", "nothing there", "segment", False)
    result = run("submit", photo, "--wait")
    assert result.exit_code == 1
    assert "no_subject: nothing there" in result.stdout


def test_a_refusal_names_the_field(run, photo):
    result = run("submit", photo, "--effect", "sparkle")
    assert result.exit_code == 1
    assert "/effects/0/type" in result.stderr


def test_json_that_is_none_is_wrong_usage(run, photo):
    assert run("submit", photo, "--effect", "{").exit_code == 2


def test_status_and_wait_and_cancel(run, job_id):
    for command in ("status", "wait", "cancel"):
        result = run(command, job_id)
        assert (result.exit_code, "succeeded" in result.stdout) == (0, True), command


def test_status_as_json(run, job_id):
    assert json.loads(run("status", job_id, "--json").stdout)["id"] == job_id


def test_download_names_the_files_after_the_job(run, job_id, tmp_path):
    result = run("download", job_id, "-o", tmp_path / "out")
    assert result.stdout.strip() == str(tmp_path / "out" / f"{job_id}.png")


def test_a_job_without_a_result_cannot_be_downloaded(run, photo, working_queue):
    working_queue.error = JobError("no_subject", "No subject.", "nothing there", "segment", False)
    failed = json.loads(run("submit", photo, "--json").stdout)["id"]
    assert run("download", failed).exit_code == 1
    assert run("wait", failed).exit_code == 1


def test_an_unknown_job(run):
    result = run("status", "job_x")
    assert (result.exit_code, "not_found" in result.stderr) == (1, True)


def test_no_server_is_exit_code_3(photo):
    result = CliRunner().invoke(cli, ["submit", str(photo), "--server", "http://127.0.0.1:1"])
    assert (result.exit_code, "cutroom up" in result.stderr) == (3, True)


def test_the_server_may_come_from_the_environment(working_url, photo):
    assert CliRunner().invoke(cli, ["submit", str(photo)], env={"CUTROOM_URL": working_url}).exit_code == 0
