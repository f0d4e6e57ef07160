"""Models, effects, the specification, and the document that describes it all."""

from shared.catalog import CARDS, MATTING, UPSCALERS
from shared.spec.effects import EFFECTS
from shared.spec.job import JobSpec


def test_every_model_is_listed_with_its_licence(client):
    listed = {model["name"]: model for model in client.get("/v1/models").json["data"]}
    assert set(listed) == {*CARDS, *MATTING, *UPSCALERS}
    assert listed["imgly-medium"]["license"] == CARDS["imgly-medium"].license
    assert listed["imgly-medium"]["default_for"] == ["cpu"]
    assert listed["birefnet-general"]["default_for"] == ["cuda"]


def test_what_workers_say_of_their_models_is_told(client, redis):
    redis.hset("seconds_per_job", "imgly-medium", 1.25)
    listed = {model["name"]: model for model in client.get("/v1/models").json["data"]}
    assert (listed["imgly-medium"]["weights_present"], listed["imgly-medium"]["resident"]) == (True, False)
    assert listed["imgly-medium"]["seconds_per_image"] == 1.25
    assert (listed["imgly-small"]["weights_present"], listed["imgly-small"]["seconds_per_image"]) == (
        False,
        None,
    )


def test_where_weights_come_from_is_told_and_whose_hash_nobody_publishes(client):
    listed = {model["name"]: model for model in client.get("/v1/models").json["data"]}
    (large,) = (source for source in listed["birefnet-hr"]["sources"] if source["kind"] == "hf")
    assert large == {
        "kind": "hf",
        "location": "ZhengPeng7/BiRefNet_HR@main",
        "member": "model.safetensors",
        "sha256": None,
    }
    first = CARDS["imgly-medium"].sources[0]
    assert listed["imgly-medium"]["sources"][0]["sha256"] == first.sha256
    for card in CARDS.values():
        assert [source["location"] for source in listed[card.name]["sources"]] == [
            source.location for source in card.sources
        ]


def test_every_effect_has_its_schema_in_the_order_of_its_fields(client):
    listed = client.get("/v1/effects").json["data"]
    assert [effect["type"] for effect in listed] == [spec.model_fields["type"].default for spec in EFFECTS]
    assert list(listed[1]["json_schema"]["properties"]) == list(EFFECTS[1].model_fields)
    assert listed[1]["json_schema"]["properties"]["color"]["format"] == "color"


def test_the_specification_s_schema_keeps_the_order_of_its_fields(client):
    assert list(client.get("/v1/spec").json["properties"]) == list(JobSpec.model_fields)


def test_the_openapi_document_holds_every_route(client):
    document = client.get("/openapi.json").json
    rules = client.application.url_map.iter_rules()
    described = {rule.rule.replace("<", "{").replace(">", "}") for rule in rules}
    # The document itself, storage's URLs, and Prometheus's own format, which no client of the API reads.
    hidden = {"/openapi.json", "/", "/docs", "/v1/files/{path:key}", "/static/{path:filename}", "/metrics"}
    assert set(document["paths"]) == described - hidden


def test_the_openapi_document_tells_of_both_bodies_and_of_problems(client):
    document = client.get("/openapi.json").json
    create = document["paths"]["/v1/jobs"]["post"]
    assert set(create["requestBody"]["content"]) == {"multipart/form-data", "application/json"}
    assert list(create["responses"]["422"]["content"]) == ["application/problem+json"]


def test_every_reference_in_the_openapi_document_leads_somewhere(client):
    document = client.get("/openapi.json").json

    def references(part):
        if isinstance(part, dict):
            yield from ([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
            for inner in part.values():
                yield from references(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from references(inner)

    schemas = document["components"]["schemas"]
    dangling = {
        ref for ref in references(document) if ref.removeprefix("#/components/schemas/") not in schemas
    }
    assert dangling == set()


def test_the_bare_address_leads_to_the_docs_page(client):
    assert client.get("/").status_code == 302
    assert client.get("/", follow_redirects=True).request.path == "/docs"


def test_the_docs_page_shows_no_markup(client):
    page = client.get("/docs").text
    assert page.startswith("<!doctype html>")
    assert "`" not in page
    assert "<code>X-Request-ID</code>" in page


def test_the_docs_page_loads_nothing_from_elsewhere(client):
    page = client.get("/docs")
    assert page.status_code == 200
    assert "createJob" in page.text
    assert "<script" not in page.text
    assert "//" not in page.text.replace("https://…", "")
