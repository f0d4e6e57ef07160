"""POST /v1/jobs: what is accepted, and everything that is not."""

import hashlib
import io
import json
from dataclasses import replace

import pytest

from api.app import create_app
from shared.errors import StoreUnavailable
from shared.jobs.job import Status, Step
from shared.jobs.redis_store import RedisJobStore
from shared.spec.job import Priority, Stage
from tests.api.pictures import encoded, png_header


@pytest.fixture
def post(client):
    """Post a picture, and a spec if one is given."""

    def post(picture=None, spec=None, **headers):
        parts = {"image": (io.BytesIO(encoded() if picture is None else picture), "cat.jpg")}
        if spec is not None:
            parts["spec"] = spec if isinstance(spec, str) else json.dumps(spec)
        return client.post("/v1/jobs", data=parts, headers=headers)

    return post


@pytest.fixture
def leaves_nothing(stored_keys, redis, queue):
    """After the test there is neither object nor record nor ring."""
    yield
    assert stored_keys() == []
    assert redis.keys("job:*") == []
    assert queue.rings == []


def code_and_fields(response):
    assert response.content_type == "application/problem+json"
    assert response.json["status"] == response.status_code
    return response.json["code"], [one["field"] for one in response.json.get("errors", [])]


class TestAccepted:
    """A job is recorded, its picture stored, its first stage rung."""

    def test_a_picture_alone_is_a_job(self, post, jobs, queue, objects):
        response = post()
        job = jobs.get(response.json["id"])
        assert response.status_code == 202
        assert response.headers["Location"] == f"/v1/jobs/{job.id}"
        assert int(response.headers["Retry-After"]) >= 1
        assert (job.status, job.tenant) == (Status.QUEUED, "local")
        assert [ring.step for ring in queue.rings] == [Step(job.id, Stage.SEGMENT)]
        assert objects.open(job.input.key).read() == encoded()

    def test_what_the_picture_is_comes_from_its_header(self, post):
        body = encoded("WEBP", (64, 48))
        assert post(body).json["input"] == {
            "width": 64, "height": 48, "bytes": len(body), "content_type": "image/webp",
            "sha256": hashlib.sha256(body).hexdigest(),
        }  # fmt: skip

    def test_the_spec_is_echoed_with_its_defaults(self, post):
        echoed = post(spec={"upscale": {"scale": 2}, "metadata": {"sku": "7"}}).json
        assert echoed["spec"]["upscale"] == {
            "scale": 2.0, "model": "auto", "denoise": None, "when": "after",
        }  # fmt: skip
        assert echoed["spec"]["output"]["format"] == "png"
        assert echoed["metadata"] == {"sku": "7"}

    def test_the_spec_may_be_sent_as_a_file_too(self, client):
        parts = {
            "image": (io.BytesIO(encoded()), "cat.png"),
            "spec": (io.BytesIO(b'{"model": "imgly-small"}'), "spec.json", "application/json"),
        }
        assert client.post("/v1/jobs", data=parts).json["spec"]["model"] == "imgly-small"

    def test_a_whole_number_may_have_a_point_and_a_preset_strokes(self, post):
        strokes = [{"mode": "keep", "radius": 3, "points": [[1, 2], [3.5, 4]]}]
        asked = {"retention": 60.0, "roi": [0, 0.0, 5, 5.0], "mask": {"preset": "clean", "strokes": strokes}}
        echoed = post(spec=asked).json["spec"]
        assert (echoed["retention"], echoed["roi"]) == (60, [0, 0, 5, 5])
        assert (echoed["mask"]["threshold"], echoed["mask"]["strokes"][0]["points"]) == (
            0.6,
            [[1, 2], [3.5, 4]],
        )

    def test_bulk_jobs_ring_the_bulk_lane(self, post, queue):
        post(spec={"priority": "bulk"})
        assert queue.rings[0].priority is Priority.BULK

    def test_a_url_is_fetched_later_by_a_worker(self, client, queue, stored_keys):
        response = client.post("/v1/jobs", json={"input": {"url": "https://example.com/cat.jpg"}})
        assert response.status_code == 202
        assert response.json["input"] is None
        assert queue.rings[0].step.stage is Stage.INGEST
        assert stored_keys() == []

    def test_a_large_picture_goes_through_the_spool(self, post, objects, jobs, monkeypatch):
        monkeypatch.setattr("api.intake.spool._SPOOL_BYTES", 10)
        job = jobs.get(post().json["id"])
        assert objects.open(job.input.key).read() == encoded()

    def test_a_ring_that_is_lost_is_no_error(self, post, monkeypatch, queue):
        monkeypatch.setattr(queue, "ring", lambda _ring: False)
        assert post().status_code == 202

    def test_the_record_is_there_before_the_ring(self, post, monkeypatch, queue, jobs, objects):
        seen = []
        monkeypatch.setattr(queue, "ring", lambda ring: seen.append(jobs.get(ring.step.job_id)) or True)
        post()
        assert objects.stat(seen[0].input.key)


@pytest.mark.usefixtures("leaves_nothing")
class TestForm:
    """The form itself."""

    def test_no_body(self, client):
        assert code_and_fields(client.post("/v1/jobs")) == ("unsupported_media_type", [])

    def test_an_empty_form(self, client):
        response = client.post("/v1/jobs", data=b"", content_type="multipart/form-data; boundary=x")
        assert (response.status_code, code_and_fields(response)) == (422, ("invalid_spec", ["image"]))

    def test_no_boundary(self, client):
        response = client.post("/v1/jobs", data=b"x", content_type="multipart/form-data")
        assert (response.status_code, code_and_fields(response)[0]) == (400, "invalid_form")

    def test_no_picture(self, client):
        response = client.post("/v1/jobs", data={"spec": "{}"}, content_type="multipart/form-data")
        assert (response.status_code, code_and_fields(response)) == (422, ("invalid_spec", ["image"]))

    def test_a_picture_sent_as_text(self, client):
        response = client.post("/v1/jobs", data={"image": "cat"}, content_type="multipart/form-data")
        assert (response.status_code, code_and_fields(response)) == (422, ("invalid_spec", ["image"]))

    def test_it_is_told_how_to_send_it_as_a_file(self, client):
        response = client.post("/v1/jobs", data={"image": "cat"}, content_type="multipart/form-data")
        assert "with a file name" in response.json["detail"]

    def test_a_part_without_a_name(self, client):
        body = b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n"
        response = client.post("/v1/jobs", data=body, content_type="multipart/form-data; boundary=x")
        assert (response.status_code, code_and_fields(response)) == (422, ("invalid_spec", ["", "image"]))

    def test_a_form_without_end(self, client):
        for parts in ({f"p{number}": "x" for number in range(30)}, {"spec": " " * 300_000}):
            response = client.post("/v1/jobs", data=parts, content_type="multipart/form-data")
            assert (response.status_code, code_and_fields(response)) == (422, ("invalid_spec", []))

    def test_two_pictures(self, client):
        two = [(io.BytesIO(encoded()), "a.png"), (io.BytesIO(encoded()), "b.png")]
        assert code_and_fields(client.post("/v1/jobs", data={"image": two})) == ("invalid_spec", ["image"])

    def test_two_specs(self, client):
        parts = {"image": (io.BytesIO(encoded()), "a.png"), "spec": ["{}", "{}"]}
        assert code_and_fields(client.post("/v1/jobs", data=parts)) == ("invalid_spec", ["spec"])

    def test_a_part_that_nobody_knows(self, client):
        parts = {"image": (io.BytesIO(encoded()), "a.png"), "file": (io.BytesIO(b"x"), "b.png"), "x": "y"}
        assert code_and_fields(client.post("/v1/jobs", data=parts)) == ("invalid_spec", ["x", "file"])

    def test_many_parts(self, client):
        response = client.post("/v1/jobs", data={f"f{number}": "x" for number in range(50)})
        assert response.status_code in {413, 415, 422}

    def test_a_form_that_ends_too_early(self, client):
        head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
        response = client.post(
            "/v1/jobs", data=head + encoded()[:40], content_type="multipart/form-data; boundary=x"
        )
        assert (response.status_code, code_and_fields(response)[0]) == (400, "invalid_form")

    def test_another_media_type(self, client):
        response = client.post("/v1/jobs", data=encoded(), content_type="image/png")
        assert (response.status_code, code_and_fields(response)[0]) == (415, "unsupported_media_type")


@pytest.mark.usefixtures("leaves_nothing")
class TestPicture:
    """Pictures that are refused from their header, before anything is stored."""

    @pytest.mark.parametrize(
        ("picture", "status", "code"),
        [
            (b"", 422, "unreadable_image"),
            (b"this is no picture at all, whatever its name says", 415, "unsupported_format"),
            (encoded("JPEG")[:15], 422, "unreadable_image"),
            (encoded("PNG")[:20], 422, "unreadable_image"),
            (png_header(0, 10), 422, "unreadable_image"),
            (png_header(10, 0), 422, "unreadable_image"),
            (png_header(9000, 9000), 413, "too_many_megapixels"),
            (png_header(2_000_000_000, 2_000_000_000), 413, "too_many_megapixels"),
            (png_header(20_000, 1), 413, "too_many_megapixels"),
            (b'<svg xmlns="http://www.w3.org/2000/svg"/>', 415, "unsupported_format"),
            (b"%PDF-1.7\n%", 415, "unsupported_format"),
            (b"%!PS-Adobe-3.0 EPSF-3.0\n", 415, "unsupported_format"),
            (b"\0\0\0\x20ftypisom\0\0\0\0", 415, "unsupported_format"),
            (encoded("PPM"), 415, "unsupported_format"),
        ],
        ids=[
            "empty", "text", "cut JPEG", "cut PNG", "no width", "no height", "81 MP", "bomb", "long side", "SVG",
            "PDF", "EPS", "video", "PPM",
        ],
    )  # fmt: skip
    def test_it_is_refused(self, post, picture, status, code):
        response = post(picture)
        assert (response.status_code, code_and_fields(response)[0]) == (status, code)

    def test_one_byte_too_many(self, client, settings):
        head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.bmp"\r\n\r\n'
        body = head + encoded("BMP").ljust(settings.max_bytes + 1, b"\0") + b"\r\n--x--\r\n"
        # Bytes, because Werkzeug's test client leaves a file open when it encodes a large form itself.
        response = client.post("/v1/jobs", data=body, content_type="multipart/form-data; boundary=x")
        assert (response.status_code, code_and_fields(response)[0]) == (413, "image_too_large")

    def test_a_body_that_says_it_is_too_large_is_not_read(self, client):
        class Untouchable(io.BytesIO):
            def read(self, *_args):
                raise AssertionError("the body was read")

        response = client.post(
            "/v1/jobs",
            input_stream=Untouchable(),
            content_type="multipart/form-data; boundary=x",
            environ_overrides={"CONTENT_LENGTH": str(10**9)},
        )
        assert (response.status_code, code_and_fields(response)[0]) == (413, "image_too_large")


@pytest.mark.usefixtures("leaves_nothing")
class TestSpec:
    """Specifications that are refused, each mistake by its field."""

    @pytest.mark.parametrize(
        ("spec", "fields"),
        [
            ({"model": "u2net-of-mars"}, ["/model"]),
            ({"colour": "red"}, ["/colour"]),
            ({"output": {"a/b~c": 1}}, ["/output/a~1b~0c"]),
            ({"effects": [{"type": "sparkle"}]}, ["/effects/0/type"]),
            ({"effects": [{}]}, ["/effects/0/type"]),
            ({"effects": [{"type": "outline", "width": 99}]}, ["/effects/0/width"]),
            ({"effects": [{"type": "outline", "colour": "#fff"}]}, ["/effects/0/colour"]),
            ({"effects": [{"type": "background"}]}, ["/effects/0"]),
            ({"effects": [{"type": "background", "image": {}}]}, ["/effects/0/image"]),
            ({"upscale": {"scale": 99}, "priority": "asap"}, ["/upscale/scale", "/priority"]),
            ({"retention": "3600"}, ["/retention"]),
            ({"mask": {"fill_holes": 1, "keep_largest": "yes"}}, ["/mask/fill_holes", "/mask/keep_largest"]),
            ({"output": {"quality": True, "crop_margin": "5"}}, ["/output/quality", "/output/crop_margin"]),
            ({"roi": ["1", 1, 2, 2.5]}, ["/roi/0", "/roi/3"]),
            ({"mask": {"strokes": [{"mode": "keep", "points": [[1]]}]}}, ["/mask/strokes/0/points/0/1"]),
            ({"upscale": {"when": "before"}}, ["/upscale/when"]),
            ({"upscale": {"when": "before"}, "roi": [0, 0, 1, 1]}, ["/upscale/when", "/roi"]),
            ({"input": {"url": "https://example.com/a.png"}}, ["/input"]),
            ([], [""]),
            ("null", [""]),
            ('"{}"', [""]),
            ('{"upscale": {"scale": NaN}}', ["/upscale/scale"]),
            ('{"upscale": {"scale": 1e999}}', ["/upscale/scale"]),
        ],
        ids=str,
    )
    def test_every_mistake_is_named(self, post, spec, fields):
        response = post(spec=spec)
        assert (response.status_code, code_and_fields(response)) == (422, ("invalid_spec", fields))

    def test_a_wrong_event_is_told_the_right_ones(self, post):
        response = post(spec={"webhook": {"url": "https://example.com/", "events": ["job.done"]}})
        assert code_and_fields(response) == ("invalid_spec", ["/webhook/events/0"])
        assert "should be 'job.started', 'job.succeeded'" in response.json["detail"]

    @pytest.mark.parametrize(
        "text",
        ["", "{", "{'model': 1}", "[" * 5000, '{"a":' * 5000, '{"metadata": {"a": "\\ud800"}}', "{} {}"],
        ids=lambda text: text[:12],
    )
    def test_what_is_not_json(self, post, text):
        response = post(spec=text)
        assert (response.status_code, code_and_fields(response)[0]) == (400, "invalid_json")

    def test_another_encoding(self, client):
        response = client.post(
            "/v1/jobs", data='{"metadata": {"a": "ü"}}'.encode("utf-16"), content_type="application/json"
        )
        assert (response.status_code, code_and_fields(response)[0]) == (400, "invalid_json")

    def test_a_specification_without_end(self, client):
        response = client.post("/v1/jobs", data=b" " * 300_000, content_type="application/json")
        assert (response.status_code, code_and_fields(response)[0]) == (422, "invalid_spec")

    def test_json_without_an_input(self, client):
        assert code_and_fields(client.post("/v1/jobs", json={})) == ("invalid_spec", ["/input"])

    @pytest.mark.parametrize(
        "url", ["http://127.0.0.1/a.png", "https://10.0.0.1/", "https://0x7f000001/", "http://example.com/a.png",
                "https://user:pw@example.com/", "https://example.com:22/"],
    )  # fmt: skip
    @pytest.mark.parametrize("place", ["input", "background"])
    def test_urls_that_are_not_fetched(self, client, post, url, place):
        if place == "input":
            response = client.post("/v1/jobs", json={"input": {"url": url}})
        else:
            response = post(spec={"effects": [{"type": "background", "image": {"url": url}}]})
        assert (response.status_code, code_and_fields(response)[0]) == (422, "url_not_allowed")


@pytest.mark.usefixtures("leaves_nothing")
class TestFailure:
    """Something is down: 503, and nothing is left behind."""

    def test_storage_is_down(self, post, objects):
        objects.is_down = True
        response = post()
        objects.is_down = False
        assert (response.status_code, code_and_fields(response)[0]) == (503, "storage_unavailable")
        assert int(response.headers["Retry-After"]) >= 1

    def test_redis_is_down(self, post, redis_server):
        redis_server.connected = False
        response = post()
        redis_server.connected = True
        assert (response.status_code, code_and_fields(response)[0]) == (503, "store_unavailable")
        assert int(response.headers["Retry-After"]) >= 1

    def test_both_go_down_between_picture_and_record(self, post, objects, jobs, monkeypatch):
        def create(*_args):
            objects.is_down = True
            raise StoreUnavailable("down")

        monkeypatch.setattr(jobs, "create", create)
        response = post()
        objects.is_down = False
        assert code_and_fields(response)[0] == "store_unavailable"
        objects._objects.clear()

    def test_an_error_nobody_thought_of_tells_nothing(self, post, jobs, monkeypatch):
        def create(*_args):
            raise RuntimeError("password is hunter2 in /etc/secret")

        monkeypatch.setattr(jobs, "create", create)
        response = post()
        assert (response.status_code, code_and_fields(response)[0]) == (500, "internal_error")
        assert "hunter2" not in response.text
        assert "Traceback" not in response.text


def test_a_record_that_nobody_can_look_up_keeps_its_picture(post, jobs, stored_keys, monkeypatch):
    """A frozen Redis carries out what it has received once it goes on."""

    def create(*asked):
        RedisJobStore.create(jobs, *asked)
        monkeypatch.setattr(jobs, "get", unavailable)
        unavailable()

    def unavailable(*_args):
        raise StoreUnavailable("frozen")

    monkeypatch.setattr(jobs, "create", create)
    assert post().status_code == 503
    monkeypatch.undo()
    [picture] = stored_keys()
    assert jobs.get(picture.split("/")[2]).input.key == picture


def test_enlarging_first_where_the_server_allows_it(deps, settings):
    allowing = settings.model_copy(update={"allow_pre_upscale": True})
    parts = {"image": (io.BytesIO(encoded()), "cat.jpg"), "spec": '{"upscale": {"when": "before"}}'}
    response = (
        create_app(allowing, replace(deps, settings=allowing)).test_client().post("/v1/jobs", data=parts)
    )
    assert (response.status_code, response.json.get("stage")) == (202, "upscale")
