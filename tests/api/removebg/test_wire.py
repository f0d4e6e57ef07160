"""What goes over the wire, as remove.bg's published contract and its recorded answers have it."""

import base64
import io
import json
import zipfile
from dataclasses import replace

import pytest
from PIL import Image, ImageColor

from api.app import create_app
from api.removebg.parameters import FILES, Parameters
from shared.jobs.job import JobError
from shared.tenants.issuing import KeyWish, issue
from shared.tenants.store import TenantLimits
from tests.api.pictures import encoded, png_header

PHOTO = encoded()
GENERAL = {"X-Content-Type-Options", "X-Frame-Options"}
"""Headers that every answer has."""


def post(client, headers=None, **fields):
    """As multipart, with the photo unless another source is given."""
    if not {"image_file", "image_file_b64", "image_url"} & set(fields):
        fields["image_file"] = (io.BytesIO(PHOTO), "photo.png")
    return client.post(
        "/v1.0/removebg", data=fields, headers=headers or {}, content_type="multipart/form-data"
    )


def errors(answer, status=400):
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/json; charset=utf-8"
    assert list(answer.json) == ["errors"]
    return answer.json["errors"]


def code(answer, status=400):
    return errors(answer, status)[0]["code"]


def test_a_file_gives_the_raw_result_and_its_headers(client):
    answer = post(client)
    assert (answer.status_code, answer.content_type) == (200, "image/png")
    assert Image.open(io.BytesIO(answer.data)).mode == "RGBA"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    told = {name: value for name, value in answer.headers.items() if name.startswith("X-")}
    assert {
        "X-Width": "40", "X-Height": "30", "X-Max-Width": "40", "X-Max-Height": "30", "X-Type": "other",
        "X-Credits-Charged": "0", "X-Foreground-Top": "5", "X-Foreground-Left": "10", "X-Foreground-Width": "20",
        "X-Foreground-Height": "20",
    }.items() <= told.items()  # fmt: skip
    assert "Retry-After" not in answer.headers


def test_json_is_given_to_who_asks_for_it(client):
    answer = post(client, {"Accept": "application/json"})
    assert answer.content_type == "application/json; charset=utf-8"
    data = answer.json["data"]
    assert list(data) == [
        "result_b64", "foreground_top", "foreground_left", "foreground_width", "foreground_height",
    ]  # fmt: skip
    assert base64.b64decode(data["result_b64"]) == post(client).data
    assert (data["foreground_top"], data["foreground_left"]) == (5, 10)
    assert int(answer.headers["Content-Length"]) == len(answer.data)


@pytest.mark.parametrize(
    "accept", ["*/*", "image/*", "application/json, text/plain, */*", "image/png, application/json"]
)
def test_everybody_else_gets_the_picture(client, accept):
    assert post(client, {"Accept": accept}).content_type == "image/png"


def test_base64_is_written_in_chunks_that_fit_together(client, monkeypatch):
    monkeypatch.setattr("api.removebg.results._CHUNK_BYTES", 9)
    answer = post(client, {"Accept": "application/json"})
    assert Image.open(io.BytesIO(base64.b64decode(answer.json["data"]["result_b64"]))).size == (40, 30)


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_a_picture_may_come_in_base64(client, prefix):
    text = prefix + base64.b64encode(PHOTO).decode()
    form = client.post("/v1.0/removebg", data={"image_file_b64": text, "size": "auto"})
    document = client.post("/v1.0/removebg", json={"image_file_b64": text, "crop": True, "roi": None})
    assert (form.status_code, document.status_code) == (200, 200)
    assert post(client, image_file_b64=text).status_code == 200


def test_a_zip_holds_color_and_alpha(client):
    answer = post(client, format="zip")
    assert answer.content_type == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.namelist() == ["color.jpg", "alpha.png"]
    color, alpha = (Image.open(archive.open(name)) for name in archive.namelist())
    assert (color.format, color.mode, alpha.format, alpha.mode) == ("JPEG", "RGB", "PNG", "L")


@pytest.mark.parametrize(
    ("fields", "content_type"),
    [
        ({"format": "jpg"}, "image/jpeg"),
        ({"format": "webp"}, "image/webp"),
        ({"bg_color": "fff"}, "image/jpeg"),
        ({"bg_color": "fff8"}, "image/png"),
        ({"bg_color": "fff", "format": "png"}, "image/png"),
        ({"channels": "alpha"}, "image/png"),
    ],
)
def test_the_format(client, fields, content_type):
    assert post(client, **fields).content_type == content_type


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"type": "car"}, "car"),
        ({"type": "graphic"}, "other"),
        ({"type": "graphic", "type_level": "2"}, "graphics"),
        ({"type": "transportation", "type_level": "latest"}, "transportation"),
        ({"type_level": "none"}, None),
    ],
)
def test_the_type_is_what_the_caller_said(client, fields, said):
    assert post(client, **fields).headers.get("X-Type") == said


def test_no_source_and_two(client):
    answer = client.post("/v1.0/removebg", data={"size": "auto"})
    assert errors(answer)[0]["title"] == "No image given"
    assert code(answer) == "missing_source"
    assert code(client.post("/v1.0/removebg", json={})) == "missing_source"
    two = post(client, image_file=(io.BytesIO(PHOTO), "a.png"), image_url="https://example.com/a.png")
    assert code(two) == "multiple_sources"


@pytest.mark.parametrize(
    ("picture", "theirs"),
    [
        (b"not a picture", "invalid_file_type"),
        (PHOTO[:20], "failed_to_read_image"),
        (png_header(9000, 9000), "resolution_too_high"),
    ],
)
def test_a_picture_that_cannot_be_used(client, picture, theirs):
    assert code(post(client, image_file=(io.BytesIO(picture), "photo.png"))) == theirs


@pytest.mark.parametrize("size", [2_000_001, 4_500_000])
def test_a_file_that_is_too_large(client, size):
    head = b'--x\r\nContent-Disposition: form-data; name="image_file"; filename="a.png"\r\n\r\n'
    body = head + PHOTO.ljust(size, b"\0") + b"\r\n--x--\r\n"
    # Bytes, because Werkzeug's test client leaves a file open when it encodes a large form itself.
    answer = client.post("/v1.0/removebg", data=body, content_type="multipart/form-data; boundary=x")
    assert errors(answer) == [
        {"title": "File too large", "code": "file_too_large", "detail": "File exceeds limit of 2MB"}
    ]


def test_text_where_a_picture_belongs(client):
    assert code(post(client, image_file="photo.png")) == "failed_to_read_image"
    assert code(post(client, image_file_b64="***")) == "failed_to_read_image"
    assert code(post(client, bg_image_file="photo.png")) == "failed_bg_download"


@pytest.mark.parametrize(
    ("url", "theirs"),
    [("http://127.0.0.1/a.png", "invalid_image_url"), ("ftp://example.com/a.png", "invalid_image_url")],
)
def test_an_address_that_is_not_fetched(client, url, theirs):
    assert code(client.post("/v1.0/removebg", data={"image_url": url})) == theirs


@pytest.mark.parametrize(
    ("name", "value", "title"),
    [
        ("size", "huge", "Invalid value for parameter 'size'"),
        ("channels", "rgb", "Invalid value for parameter 'channels'"),
        ("format", "gif", "Invalid format parameter given"),
        ("type", "cat", "Invalid type parameter given"),
        ("type_level", "3", "Invalid type_level parameter given"),
        ("bg_color", "nocolor", "Invalid bg_color parameter given"),
        ("bg_color", "12345", "Invalid bg_color parameter given"),
        ("crop", "perhaps", "Invalid crop parameter given"),
        ("crop_margin", "30", "Invalid crop_margin parameter given"),
        ("crop_margin", "60%", "Invalid crop_margin parameter given"),
        ("crop_margin", "501px", "Invalid crop_margin parameter given"),
        ("crop_margin", "1px 2px 3px", "Invalid crop_margin parameter given"),
        ("position", "left", "Invalid position parameter given"),
        ("position", "50px", "Invalid position parameter given"),
        ("scale", "5%", "Invalid scale parameter given"),
        ("semitransparency", "maybe", "Invalid semitransparency parameter given"),
        ("roi", "0% 0%", "Invalid roi parameter given"),
        ("shadow_type", "long", "Invalid shadow_type parameter given"),
        ("shadow_opacity", "101", "Invalid shadow_opacity parameter given"),
    ],
)
def test_a_parameter_that_is_wrong(client, name, value, title):
    mistake = errors(post(client, **{name: value}))[0]
    assert (mistake["title"], mistake["code"]) == (title, f"invalid_{name}")


def test_every_mistake_is_named(client):
    answer = post(client, size="huge", crop="perhaps", colour="red")
    assert [one["code"] for one in errors(answer)] == ["invalid_size", "invalid_crop", "unknown_parameter"]


@pytest.mark.parametrize(
    ("roi", "theirs"),
    [("0px 0px 41px 30px", "roi_exceeds_bounds"), ("-1px 0px 9px 9px", "roi_exceeds_bounds"),
     ("50% 0% 50% 100%", "roi_region_empty")],
)  # fmt: skip
def test_a_region_that_is_none(client, roi, theirs):
    assert code(post(client, roi=roi)) == theirs


def test_a_colour_has_a_name_however_often_it_was_looked_up(client):
    for _ in range(2):
        ImageColor.getrgb("red")
        answer = post(client, bg_color="red", bg_image_url="https://example.com/a.png")
        assert code(answer) == "multiple_bg_sources"


def test_one_background_is_enough(client):
    assert (
        code(post(client, bg_color="red", bg_image_url="https://example.com/a.png")) == "multiple_bg_sources"
    )


def test_a_background_that_is_not_fetched(client):
    for url in ("https://10.0.0.1/a.png", "not a url", "ftp://example.com/a.png"):
        answer = post(client, bg_image_url=url)
        assert code(answer) == "invalid_bg_image_url"
        assert "effects" not in answer.json["errors"][0]["detail"]
    assert code(post(client, bg_image_file=(io.BytesIO(b"x"), "bg.png"))) == "failed_bg_download"


def test_what_they_removed_is_ignored_and_what_nobody_knows_is_not(client):
    assert post(client, shadow_method="default").status_code == 200
    assert code(post(client, sparkle="1")) == "unknown_parameter"
    assert code(post(client, mask_file=(io.BytesIO(PHOTO), "m.png"))) == "unknown_parameter"


def test_empty_parameters_count_as_not_given(client):
    assert post(client, bg_color="", bg_image_file=(io.BytesIO(b""), ""), roi="").status_code == 200


@pytest.mark.parametrize(
    ("error", "status", "theirs"),
    [
        (("no_subject", "segment"), 400, "unknown_foreground"),
        (("unreadable_image", "segment"), 400, "failed_to_read_image"),
        (("download_failed", "render"), 400, "failed_bg_download"),
        (("url_not_allowed", "render"), 400, "invalid_bg_image_url"),
        (("internal_error", "segment"), 500, "internal_error"),
    ],
)
def test_a_job_that_fails(client, working_queue, error, status, theirs):
    kind, stage = error
    working_queue.error = JobError(kind, "Title.", "detail", stage, retryable=False)
    assert code(post(client), status) == theirs


def test_a_form_without_end(client):
    assert code(post(client, **{f"p{number}": "x" for number in range(60)})) == "invalid_body"


def test_nothing_at_all_is_no_source(client):
    assert code(client.post("/v1.0/removebg")) == "missing_source"


def test_a_part_without_a_name(client):
    body = b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n"
    answer = client.post("/v1.0/removebg", data=body, content_type="multipart/form-data; boundary=x")
    assert code(answer) == "invalid_body"


@pytest.mark.parametrize("opacity", ["x", "101", "-1", "nan", "1e1"])
def test_an_opacity_that_is_none(client, opacity):
    mistake = errors(post(client, shadow_type="drop", shadow_opacity=opacity))[0]
    assert (mistake["code"], mistake["detail"]) == ("invalid_shadow_opacity", "`auto`, or from 0 to 100")


def test_what_is_not_there_is_said_as_they_say_it(client):
    assert code(client.get("/v1.0/nothing"), 404) == "not_found"
    wrong = client.get("/v1.0/removebg")
    assert (code(wrong, 405), "POST" in wrong.headers["Allow"]) == ("method_not_allowed", True)


def test_a_body_that_is_none(client):
    assert (
        code(client.post("/v1.0/removebg", data=b"x", content_type="text/plain"), 415)
        == "unsupported_media_type"
    )
    assert code(client.post("/v1.0/removebg", data=b"{", content_type="application/json")) == "invalid_json"
    assert code(client.post("/v1.0/removebg", json=[1])) == "invalid_json"
    for text in ('{"\\ud800": "x"}', '{"a":' * 5000, '{"scale": NaN}'):
        answer = client.post("/v1.0/removebg", data=text, content_type="application/json")
        assert code(answer) == "invalid_json"
    assert code(client.post("/v1.0/removebg", json={"size": ["auto"]})) == "invalid_size"
    cut = client.post("/v1.0/removebg", data=b"--x\r\nCont", content_type="multipart/form-data; boundary=x")
    assert code(cut) == "invalid_body"


def test_the_account(client):
    answer = client.get("/v1.0/account")
    assert answer.content_type == "application/json; charset=utf-8"
    assert answer.json == {
        "data": {
            "attributes": {
                "credits": {"total": 0, "subscription": 0, "payg": 0, "enterprise": 0},
                "api": {"free_calls": 0, "sizes": "all"},
            }
        }
    }


def test_an_offer_to_improve(client, stored_keys):
    fields = {"image_file": (io.BytesIO(PHOTO), "a.png"), "image_filename": "a.png", "tag": "x"}
    answer = client.post("/v1.0/improve", data=fields)
    assert (list(answer.json), len(answer.json["id"]), stored_keys()) == (["id"], 36, [])
    assert code(client.post("/v1.0/improve", data={"tag": "x"})) == "missing_source"
    assert code(client.post("/v1.0/improve", data={"image_file_b64": "eA=="})) == "invalid_file_type"


def test_a_job_is_answered_to_who_does_not_want_to_wait(client):
    answer = post(client, {"Prefer": "respond-async"})
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, "respond-async")
    assert answer.headers["Location"] == f"/v1/jobs/{answer.json['id']}"
    assert answer.json["metadata"] == {"api": "removebg"}


def test_nobody_waits_for_ever(deps, jobs, monkeypatch):
    monkeypatch.setattr("api.removebg.waiting.LONGEST_SECONDS", 0.15)
    answer = post(create_app(deps.settings, deps).test_client())
    assert code(answer, 503) == "timeout"
    assert answer.headers["Retry-After"] == "5"


def test_only_so_many_wait_at_once(busy_deps):
    app = create_app(busy_deps.settings, busy_deps)
    held = app.extensions["cutroom-held-connections"]
    while held.acquire(blocking=False):
        pass
    assert code(post(app.test_client()), 503) == "busy"


@pytest.fixture
def with_keys(busy_deps):
    settings = busy_deps.settings.model_copy(update={"auth": "keys"})
    return replace(busy_deps, settings=settings)


def test_keys(with_keys):
    client = create_app(with_keys.settings, with_keys).test_client()
    key = issue(with_keys.tenants, KeyWish("acme", "", False, None)).text

    missing, wrong = (
        client.get("/v1.0/account"),
        client.get("/v1.0/account", headers={"X-API-Key": "nonsense"}),
    )
    assert (missing.status_code, json.loads(missing.data)) == (
        403,
        {"errors": [{"title": "Missing API Key"}]},
    )
    # Byte for byte what remove.bg answers.
    assert wrong.status_code == 403
    assert wrong.data == b'{"errors":[{"title":"API Key invalid","code":"auth_failed"}]}'
    assert wrong.headers["Access-Control-Allow-Origin"] == "*"
    assert client.get("/v1.0/account", headers={"X-Api-Key": key}).status_code == 200
    assert post(client, {"X-API-Key": key}).status_code == 200


def test_the_rate_limit_is_in_megapixels(with_keys):
    client = create_app(with_keys.settings, with_keys).test_client()
    headers = {"X-API-Key": issue(with_keys.tenants, KeyWish("acme", "", False, None)).text}
    with_keys.tenants.limit("acme", TenantLimits(None, 1))

    first, second = post(client, headers), post(client, headers)
    assert (first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == ("1", "0")
    assert int(first.headers["X-RateLimit-Reset"]) > 1_600_000_000
    assert errors(second, 429)[0]["title"] == "Rate limit exceeded"
    assert int(second.headers["Retry-After"]) >= 1
    assert second.headers["X-RateLimit-Remaining"] == "0"


def test_too_many_requests(with_keys):
    client = create_app(with_keys.settings, with_keys).test_client()
    headers = {"X-API-Key": issue(with_keys.tenants, KeyWish("acme", "", False, None)).text}
    with_keys.tenants.limit("acme", TenantLimits(1, None))
    answers = [client.get("/v1.0/account", headers=headers) for _ in range(2)]
    assert code(answers[1], 429) == "rate_limit_exceeded"


class TestDescribed:
    """/openapi.json says what goes over the wire."""

    @pytest.fixture
    def document(self, client):
        return client.get("/openapi.json").json

    @pytest.fixture
    def described(self, document):
        return document["paths"]["/v1.0/removebg"]["post"]

    def test_every_parameter(self, document, described):
        kinds = described["requestBody"]["content"]
        assert set(kinds) == {"multipart/form-data", "application/x-www-form-urlencoded", "application/json"}
        plain = set(document["components"]["schemas"]["RemoveBgParameters"]["properties"])
        assert plain == {*Parameters.model_fields, "image_file_b64", "image_url"}
        assert set(kinds["multipart/form-data"]["schema"]["properties"]) == {*plain, *FILES}

    def test_every_header_and_kind_of_a_result(self, client, described):
        told = described["responses"]["200"]
        answer = post(client)
        assert {name for name, _ in answer.headers if name.startswith("X-")} - GENERAL <= set(told["headers"])
        assert {answer.mimetype, "application/zip", "application/json"} <= set(told["content"])

    def test_a_result_and_errors_as_they_are(self, client, document):
        schemas = document["components"]["schemas"]
        result = post(client, {"Accept": "application/json"}).json["data"]
        assert set(result) == set(schemas["RemoveBgPicture"]["properties"])
        wrong = errors(post(client, size="huge"))[0]
        assert set(wrong) <= set(schemas["RemoveBgError"]["properties"])
