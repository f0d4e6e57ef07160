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


def test_a_result_replaces_neither_another_nor_the_photo(run, photo, tmp_path):
    (tmp_path / "other").mkdir()
    namesake = tmp_path / "other" / "cat.png"
    namesake.write_bytes(encoded())
    twice = run("submit", photo, namesake, "-o", tmp_path / "out")
    onto_itself = run("submit", photo, "-o", tmp_path)
    assert (twice.exit_code, onto_itself.exit_code) == (2, 2)
    assert "cat.png is there twice" in twice.stderr
    assert "choose another folder" in onto_itself.stderr
    assert photo.read_bytes() == encoded()
    assert run("submit", photo, "--format", "webp", "-o", tmp_path).exit_code == 0


def test_a_name_with_brackets_is_printed_whole(run, photo, tmp_path):
    odd = photo.rename(tmp_path / "cat [red] (1).png")
    assert "cat [red] (1).png" in run("submit", odd, "-o", tmp_path / "out").stderr


def test_a_photo_that_is_refused_does_not_keep_the_others(run, photo, tmp_path):
    text = tmp_path / "notes.jpg"
    text.write_text("no picture")
    result = run("submit", text, photo, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "notes.jpg: The picture's format" in result.stderr
    assert (tmp_path / "out" / "cat.png").exists()


def test_options_outweigh_the_recipe(run, photo, tmp_path):
    recipe = tmp_path / "shop.json"
    recipe.write_text(
        '{"model": "u2net", "mask": {"preset": "clean"}, "output": {"format": "webp", "crop": true}}'
    )
    result = run("submit", photo, "--recipe", recipe, "--model", "imgly-small", "--include-matte", "--json")
    spec = json.loads(result.stdout)["spec"]
    assert (spec["model"], spec["mask"]["threshold"]) == ("imgly-small", 0.6)
    output = spec["output"]
    assert (output["format"], output["crop"], output["include_matte"]) == ("webp", True, True)


def test_a_recipe_whose_output_is_none_is_wrong_usage(run, photo, tmp_path):
    recipe = tmp_path / "shop.json"
    recipe.write_text('{"output": "webp"}')
    assert run("submit", photo, "--recipe", recipe).exit_code == 2


def test_several_models_are_compared(run, photo):
    spec = json.loads(run("submit", photo, "--model", "imgly-small", "--model", "u2net", "--json").stdout)[
        "spec"
    ]
    assert spec["models"] == ["imgly-small", "u2net"]


def test_a_folder_that_cannot_be_written_is_a_sentence(run, photo):
    result = run("submit", photo, "-o", "/proc/nowhere")
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert "/proc/nowhere" in result.stderr


def test_whoever_leaves_early_is_told_how_to_come_back(run, photo, monkeypatch):
    def interrupted(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("api.cli.submit.watch", interrupted)
    result = run("submit", photo, "--wait")
    assert (result.exit_code, "cutroom wait job_" in result.stderr) == (130, True)


def test_what_is_doubtful_is_said(run, photo, working_queue):
    working_queue.flags = ("low_confidence",)
    assert run("submit", photo, "--wait").stdout.rstrip().endswith("low_confidence")


def test_an_address_without_http_is_wrong_usage(photo):
    result = CliRunner().invoke(cli, ["submit", str(photo), "--server", "localhost:8000"])
    assert (result.exit_code, "http://" in result.stderr) == (2, True)


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
