"""Who is let in, what of others they see, and how much they may ask for."""

import io
import time
from dataclasses import replace
from unittest.mock import patch

import pytest

from api.app import create_app
from shared.errors import StoreUnavailable
from shared.jobs.job import Status, Step
from shared.jobs.results import Ingested, InputFacts
from shared.spec.job import Stage
from shared.tenants.issuing import KeyWish, issue, revoke
from shared.tenants.store import TenantLimits
from tests.api.pictures import encoded, png_header


@pytest.fixture
def keyed(deps):
    """The API asking for keys; 1000 requests a minute, 3 megapixels."""
    settings = deps.settings.model_copy(
        update={"auth": "keys", "requests_per_minute": 1000, "megapixels_per_minute": 3}
    )
    return create_app(settings, replace(deps, settings=settings)).test_client()


@pytest.fixture
def key_of(deps):
    def key_of(tenant, **wish):
        return issue(deps.tenants, KeyWish(tenant, "test", **wish))

    return key_of


def bearer(issued):
    return {"Authorization": f"Bearer {issued.text}"}


def post(client, headers, picture=None):
    return client.post(
        "/v1/jobs", data={"image": (io.BytesIO(picture or encoded()), "a.png")}, headers=headers
    )


class TestKeys:
    """401 with a code that says what to do."""

    @pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
    def test_either_header_will_do(self, keyed, key_of, header):
        text = key_of("acme").text
        shown = {header: f"bearer {text}" if header == "Authorization" else text}
        assert post(keyed, shown).status_code == 202

    @pytest.mark.parametrize(
        ("headers", "code"),
        [
            ({}, "key_missing"),
            ({"Authorization": "Basic YTpi"}, "key_missing"),
            ({"Authorization": "Bearer "}, "key_missing"),
            ({"Authorization": "Bearer hunter2"}, "key_malformed"),
            ({"X-API-Key": "cut_live_\xfc"}, "key_malformed"),
        ],
    )
    def test_no_key(self, keyed, headers, code):
        answer = keyed.get("/v1/jobs", headers=headers)
        assert (answer.status_code, answer.json["code"]) == (401, code)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    def test_keys_that_are_over(self, keyed, key_of, deps):
        revoked, expired = key_of("acme"), key_of("acme", expires_at=time.time() - 1)
        revoke(deps.tenants, revoked.record.id)
        told = [keyed.get("/v1/jobs", headers=bearer(one)).json["code"] for one in (revoked, expired)]
        assert told == ["key_revoked", "key_expired"]

    def test_a_key_of_another_server(self, keyed, key_of, redis):
        issued = key_of("acme")
        redis.flushall()
        assert keyed.get("/v1/jobs", headers=bearer(issued)).json["code"] == "key_unknown"

    def test_a_key_that_only_looks(self, keyed, key_of):
        looking = bearer(key_of("acme", is_read_only=True))
        assert keyed.get("/v1/jobs", headers=looking).status_code == 200
        answer = post(keyed, looking)
        assert (answer.status_code, answer.json["code"]) == (403, "not_allowed")

    @pytest.mark.parametrize("path", ["/healthz", "/", "/docs", "/openapi.json"])
    def test_some_doors_are_open(self, keyed, path):
        assert keyed.get(path, follow_redirects=True).status_code == 200

    def test_an_unknown_address_needs_no_key(self, keyed):
        assert keyed.get("/v1/nothing").status_code == 404

    def test_without_redis_nobody_is_let_in(self, keyed, key_of, redis_server):
        issued = key_of("acme")
        redis_server.connected = False
        assert keyed.get("/v1/jobs", headers=bearer(issued)).status_code == 503


class TestIsolation:
    """Another tenant's things do not exist."""

    @pytest.fixture
    def theirs(self, keyed, key_of):
        return post(keyed, bearer(key_of("them"))).json["id"]

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/v1/jobs/{}"), ("GET", "/v1/jobs/{}/result"), ("GET", "/v1/jobs/{}/events"),
            ("POST", "/v1/jobs/{}/cancel"), ("POST", "/v1/jobs/{}/retry"), ("DELETE", "/v1/jobs/{}"),
        ],
    )  # fmt: skip
    def test_every_route_says_404(self, keyed, key_of, jobs, theirs, method, path):
        answer = keyed.open(path.format(theirs), method=method, headers=bearer(key_of("us")))
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")
        assert jobs.get(theirs).status is Status.QUEUED

    def test_nor_is_it_listed(self, keyed, key_of, theirs):
        assert keyed.get("/v1/jobs", headers=bearer(key_of("us"))).json["data"] == []

    def test_nor_can_its_picture_be_used(self, keyed, key_of, theirs):
        answer = keyed.post("/v1/jobs", json={"input": {"job_id": theirs}}, headers=bearer(key_of("us")))
        assert answer.status_code == 404

    def test_after_it_is_deleted_it_is_gone_for_its_owner_only(self, keyed, key_of, theirs):
        them, us = bearer(key_of("them")), bearer(key_of("us"))
        assert keyed.delete(f"/v1/jobs/{theirs}", headers=them).status_code == 204
        assert keyed.get(f"/v1/jobs/{theirs}", headers=them).status_code == 410
        assert keyed.get(f"/v1/jobs/{theirs}", headers=us).status_code == 404

    def test_uploads_are_as_private(self, keyed, key_of):
        body = {"content_type": "image/png", "bytes": 5}
        upload = keyed.post("/v1/uploads", json=body, headers=bearer(key_of("them"))).json
        asked = {"input": {"upload_id": upload["id"]}}
        answer = keyed.post("/v1/jobs", json=asked, headers=bearer(key_of("us")))
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")

    def test_storage_is_divided_too(self, keyed, key_of, stored_keys):
        for tenant in ("us", "them"):
            post(keyed, bearer(key_of(tenant)))
        assert [key.split("/")[1] for key in stored_keys()] == ["them", "us"]

    def test_the_same_idempotency_key_is_another_one(self, keyed, key_of):
        ids = {
            post(keyed, bearer(key_of(tenant)) | {"Idempotency-Key": "k"}).json["id"]
            for tenant in ("us", "them")
        }
        assert len(ids) == 2


class TestBudgets:
    """429 with Retry-After, and headers that tell how much is left."""

    def test_what_is_left_is_told(self, keyed, key_of):
        answer = post(keyed, bearer(key_of("acme")))
        assert answer.headers["RateLimit-Policy"] == '"requests";q=1000;w=60, "megapixels";q=3;w=60'
        left = answer.headers["RateLimit"].split(", ")
        assert [one.rpartition(";")[0] for one in left] == ['"requests";r=999', '"megapixels";r=2']
        assert all(1 <= int(one.rpartition("t=")[2]) <= 60 for one in left)

    def test_too_many_requests(self, keyed, key_of, deps):
        deps.tenants.limit("acme", TenantLimits(requests_per_minute=2))
        mine, theirs = bearer(key_of("acme")), bearer(key_of("other"))
        assert [keyed.get("/v1/jobs", headers=mine).status_code for _ in range(3)] == [200, 200, 429]
        answer = keyed.get("/v1/jobs", headers=mine)
        assert (answer.json["code"], answer.content_type) == ("too_many_requests", "application/problem+json")
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert keyed.get("/v1/jobs", headers=theirs).status_code == 200

    def test_one_tenant_s_keys_share_what_it_has(self, keyed, key_of, deps):
        deps.tenants.limit("acme", TenantLimits(requests_per_minute=1))
        assert [keyed.get("/v1/jobs", headers=bearer(key_of("acme"))).status_code for _ in "ab"] == [200, 429]

    def test_too_many_megapixels(self, keyed, key_of, stored_keys):
        mine = bearer(key_of("acme"))
        assert post(keyed, mine, png_header(1500, 1000)).status_code == 202
        answer = post(keyed, mine, png_header(1500, 1000))
        assert (answer.status_code, answer.json["code"]) == (429, "too_many_requests")
        assert len(stored_keys()) == 1
        assert post(keyed, mine, png_header(900, 900)).status_code == 202

    def test_a_picture_whose_size_is_learned_later_counts_then(self, keyed, key_of, jobs, deps):
        mine = bearer(key_of("acme"))
        answer = keyed.post("/v1/jobs", json={"input": {"url": "https://example.com/a.jpg"}}, headers=mine)
        assert '"megapixels";r=2' in answer.headers["RateLimit"]
        job_id = answer.json["id"]
        seen = InputFacts(key="k", width=2000, height=1500, bytes=1, content_type="image/jpeg", sha256="a")
        jobs.commit(jobs.claim(Step(job_id, Stage.INGEST)), Ingested(input=seen), 1)

        refused = post(keyed, mine)
        assert (refused.status_code, refused.json["code"]) == (429, "too_many_requests")
        assert '"megapixels";r=0' in refused.headers["RateLimit"]
        lines = b'{"input": {"url": "https://example.com/a.jpg"}}'
        batch = keyed.post("/v1/batches", data=lines, content_type="application/x-ndjson", headers=mine)
        assert batch.status_code == 202  # nothing is left, but a batch itself asks for nothing
        assert keyed.get(f"/v1/jobs/{job_id}", headers=mine).status_code == 200

    def test_a_batch_is_refused_where_the_minute_is_overdrawn(self, keyed, key_of, redis):
        minute = int(time.time() // 60)
        for one in (minute, minute + 1):
            redis.set(f"megapixels:acme:{one}", 4)
        lines = b'{"input": {"url": "https://example.com/a.jpg"}}'
        answer = keyed.post(
            "/v1/batches", data=lines, content_type="application/x-ndjson", headers=bearer(key_of("acme"))
        )
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 60

    def test_a_picture_larger_than_the_budget_takes_all_of_it(self, keyed, key_of):
        assert post(keyed, bearer(key_of("acme")), png_header(4000, 4000)).status_code == 202

    def test_a_repeated_request_costs_no_megapixels(self, keyed, key_of):
        again = bearer(key_of("acme")) | {"Idempotency-Key": "k"}
        assert [post(keyed, again, png_header(1500, 1000)).status_code for _ in range(4)] == [202] * 4

    def test_nor_does_one_that_is_repeated_since_the_first_never_became_a_job(self, keyed, key_of, deps):
        again = bearer(key_of("acme")) | {"Idempotency-Key": "k"}
        with patch.object(deps.jobs, "create", side_effect=StoreUnavailable("gone")):
            assert post(keyed, again, png_header(1500, 1000)).status_code == 503
        answer = post(keyed, again, png_header(1500, 1000))
        assert answer.status_code == 202
        assert '"megapixels";r=1' in answer.headers["RateLimit"]

    def test_with_auth_off_nobody_counts(self, client):
        assert "RateLimit" not in post(client, {}).headers

    def test_without_counters_everyone_is_let_in(self, deps, key_of):
        settings = deps.settings.model_copy(update={"auth": "keys", "counters_url": "redis://127.0.0.1:1/2"})
        client = create_app(settings, replace(deps, settings=settings)).test_client()
        assert post(client, bearer(key_of("acme"))).status_code == 202
