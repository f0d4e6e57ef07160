"""`cutroom batch`, against an API whose feeder and worker do everything at once."""

import csv
import json
import time
from dataclasses import replace
from threading import Event, Thread

import pytest
from click.testing import CliRunner

from api.cli.journal import NAME as JOURNAL
from api.cli.main import cli
from api.cli.saving import result_stems
from shared.batches.lines import StoredLines
from shared.jobs.job import JobError
from shared.storage.memory import MemoryObjectStore
from tests.api.conftest import free_port, serving
from tests.api.pictures import encoded
from tests.api.working_queue import RESULT
from worker.feeder.feed import Feeder


@pytest.fixture
def url(deps, working_queue):
    """An API with a feeder beside it."""
    port, ends = free_port(), Event()
    settings = deps.settings.model_copy(update={"port": port})
    objects = MemoryObjectStore(settings.base_url, settings.effective_signing_secret)
    working_queue.objects = objects
    working = replace(
        deps, settings=settings, objects=objects, queue=working_queue, lines=StoredLines(objects)
    )
    feeder = Feeder(working.batches, working.lines, working.jobs, working_queue, window=50)

    def feed():
        while not ends.is_set():
            feeder.feed()
            time.sleep(0.02)

    thread = Thread(target=feed)
    with serving(working, port):
        thread.start()
        yield settings.base_url
        ends.set()
        thread.join()


@pytest.fixture
def photos(tmp_path):
    """Three photos, one in a folder of its own, among other things."""
    folder = tmp_path / "photos"
    (folder / "shop").mkdir(parents=True)
    for name in ("cat.png", "dog.jpg", "shop/cat.png"):
        (folder / name).write_bytes(encoded())
    (folder / "notes.txt").write_text("none")
    (folder / ".hidden.png").write_bytes(encoded())
    return folder


@pytest.fixture
def out(tmp_path):
    return tmp_path / "cut"


@pytest.fixture
def run(url, out):
    return lambda *args: CliRunner().invoke(cli, ["batch", *map(str, args), "-o", str(out), "--server", url])


def report(out):
    with (out / "report.csv").open(newline="") as file:
        return {row["custom_id"]: row for row in csv.DictReader(file)}


def files(out):
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())


def test_a_folder_becomes_results_and_a_report(run, photos, out):
    result = run(photos)
    assert result.exit_code == 0, result.output
    assert files(out) == ["cat.png", "dog.png", "report.csv", "shop/cat.png"]
    assert (out / "shop" / "cat.png").read_bytes() == RESULT
    assert [row["status"] for row in report(out).values()] == ["succeeded"] * 3
    assert report(out)["dog.jpg"]["files"] == "dog.png"
    assert report(out)["dog.jpg"]["coverage"] == "0.3"
    assert result.stdout.startswith("3 succeeded, 0 failed, 0 skipped")
    assert "upload" in result.stderr and "download" in result.stderr


def test_what_is_done_is_skipped(run, photos, out):
    run(photos)
    (out / "cat.png").unlink()
    (photos / "new.png").write_bytes(encoded())

    result = run(photos, "--resume", "--json")
    assert json.loads(result.stdout) == {
        "succeeded": 2, "failed": 0, "skipped": 2, "report": str(out / "report.csv"),
    }  # fmt: skip
    assert len(report(out)) == 4
    assert json.loads(run(photos, "--resume", "--json").stdout)["skipped"] == 4


def test_a_recipe_holds_for_all_and_a_line_for_itself(run, photos, out, tmp_path, jobs):
    recipe = tmp_path / "shop.json"
    recipe.write_text('{"model": "imgly-small", "output": {"include_matte": true}}')
    manifest = tmp_path / "list.ndjson"
    manifest.write_text(
        '{"file": "photos/cat.png", "custom_id": "a"}\n\n'
        '{"file": "photos/dog.jpg", "model": "imgly-medium"}\n'
        '{"input": {"url": "https://example.com/a.png"}, "custom_id": "../../b"}\n'
    )
    assert run(manifest, "--recipe", recipe).exit_code == 0
    assert files(out) == [
        "a.matte.png", "a.png", "b.matte.png", "b.png", "photos/dog.matte.png", "photos/dog.png", "report.csv",
    ]  # fmt: skip
    models = {name: jobs.get(row["job_id"]).spec.model for name, row in report(out).items()}
    assert models == {"a": "imgly-small", "photos/dog.jpg": "imgly-medium", "../../b": "imgly-small"}


def test_jobs_that_fail_are_in_the_report(run, photos, out, working_queue):
    working_queue.error = JobError("no_subject", "No subject.", "nothing there", "segment", False)
    result = run(photos)
    assert result.exit_code == 1
    assert {row["error"] for row in report(out).values()} == {"no_subject"}
    assert "nothing there" in result.stderr

    working_queue.error = None
    assert json.loads(run(photos, "--resume", "--json").stdout)["succeeded"] == 3


def test_a_photo_that_is_refused_holds_up_no_other(run, photos, out):
    (photos / "large.png").write_bytes(bytes(2_000_001))
    result = run(photos)
    assert result.exit_code == 1
    row = report(out)["large.png"]
    assert (row["status"], row["error"]) == ("failed", "invalid_spec")
    assert "2000000 bytes" in row["detail"]
    assert result.stdout.startswith("3 succeeded, 1 failed")


def test_a_file_that_is_no_picture_holds_up_no_other(run, photos, out):
    (photos / "empty.png").touch()
    manifest = photos / "list.ndjson"
    names = ("empty.png", "notes.txt", "cat.png")
    manifest.write_text("".join(json.dumps({"file": name}) + "\n" for name in names))
    result = run(manifest)
    assert (result.exit_code, result.stdout.split(";")[0]) == (1, "1 succeeded, 2 failed, 0 skipped")
    assert "empty.png is empty" in report(out)["empty.png"]["detail"]


def test_no_server_is_said_at_once(photos, out):
    args = ["batch", str(photos), "-o", str(out), "--server", "http://127.0.0.1:1"]
    started = time.monotonic()
    result = CliRunner().invoke(cli, args)
    assert (result.exit_code, time.monotonic() - started < 30) == (3, True)


def test_one_photo_is_no_batch(run, photos):
    result = run(photos / "cat.png")
    assert (result.exit_code, "cutroom submit" in result.stderr) == (2, True)


def test_an_interrupted_run_hands_in_nothing_twice(run, photos, out, redis, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("api.cli.batch_run._collected", interrupted)
        result = run(photos)
        assert (result.exit_code, "--resume" in result.stderr) == (130, True)
    assert len((out / JOURNAL).read_text().splitlines()) == 4

    result = run(photos, "--resume")
    assert (result.exit_code, len(report(out))) == (0, 3)
    assert redis.zcard("uploads") == 3
    assert not (out / JOURNAL).exists()


def test_uploads_that_arrived_are_used(run, photos, out, redis, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("api.client.batches.Batches.create", interrupted)
        assert run(photos).exit_code == 130
    with (out / JOURNAL).open("a") as journal:
        journal.write('{"cut off')
    (photos / "cat.png").write_bytes(encoded(size=(41, 30)))  # another photo by now

    assert run(photos, "--resume").exit_code == 0
    assert redis.zcard("uploads") == 4


def interrupted(*_args, **_kwargs):
    raise KeyboardInterrupt


def test_a_batch_that_is_gone_is_handed_in_again(run, photos, out, url):
    out.mkdir()
    entry = {"batch": "bat_01jd0000000123456789abcdef", "server": url}
    (out / JOURNAL).write_text(json.dumps(entry) + "\n")
    assert run(photos, "--resume").exit_code == 0


def test_results_among_the_photos_are_no_photos(url, photos):
    args = ["batch", str(photos), "-o", str(photos / "cut"), "--server", url, "--json"]
    assert json.loads(CliRunner().invoke(cli, args).stdout)["succeeded"] == 3
    assert json.loads(CliRunner().invoke(cli, args).stdout)["succeeded"] == 3


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("{", "line 1: not JSON"),
        ("[]", "either `file` or `input`"),
        ("{}", "either `file` or `input`"),
        ('{"file": "none.png"}', "there is no file"),
        ('{"input": {}, "custom_id": "a"}\n' * 2, "there twice"),
        ("", "no picture"),
    ],
)
def test_a_manifest_that_is_wrong(run, tmp_path, manifest, said):
    path = tmp_path / "list.ndjson"
    path.write_text(manifest)
    result = run(path)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


@pytest.mark.parametrize("recipe", ["{", "[]"])
def test_a_recipe_that_is_none(run, photos, tmp_path, recipe):
    path = tmp_path / "recipe.json"
    path.write_text(recipe)
    assert run(photos, "--recipe", path).exit_code == 2


def test_a_recipe_that_the_server_refuses(run, photos, tmp_path, redis):
    path = tmp_path / "recipe.json"
    path.write_text('{"model": "nonesuch"}')
    result = run(photos, "--recipe", path)
    assert (result.exit_code, "unknown model" in result.stderr) == (1, True)
    assert redis.zcard("uploads") == 0  # said before anything was sent


@pytest.mark.parametrize(
    ("custom_id", "stem"),
    [
        ("a/b.jpg", "a/b"), ("v1.2", "v1.2"), ("../../etc/passwd", "etc/passwd"), ("/root", "root"), ("..\\x", "x"),
        ("...", "unnamed"), (" ", "unnamed"),
    ],
)  # fmt: skip
def test_results_stay_in_their_folder(custom_id, stem):
    assert result_stems([custom_id])[custom_id].as_posix() == stem


def test_two_photos_of_one_name_have_two_results():
    stems = result_stems(["cat.jpg", "cat.png", "dog.jpg"])
    assert [stem.as_posix() for stem in stems.values()] == ["cat.jpg", "cat.png", "dog"]
