"""GET /metrics."""

from dataclasses import replace

from api.app import create_app


def test_prometheus_is_told(client):
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.content_type.startswith("text/plain; version=0.0.4")
    assert "cutroom_workers 1.0" in response.text


def test_without_redis_it_is_an_error_not_a_lie(client, redis_server):
    redis_server.connected = False
    assert client.get("/metrics").status_code == 503


def test_where_keys_are_asked_for_it_asks_too(deps):
    settings = deps.settings.model_copy(update={"auth": "keys"})
    keyed = create_app(settings, replace(deps, settings=settings)).test_client()
    assert keyed.get("/metrics").status_code == 401
