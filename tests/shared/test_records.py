"""Whatever Redis raises is one error of ours; all else stays what it is."""

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from shared.errors import StoreUnavailable
from shared.records import connect, translated


@pytest.mark.parametrize("error", [RedisConnectionError, RedisTimeoutError, ResponseError])
def test_an_error_of_redis_is_a_store_that_does_not_answer(error):
    with pytest.raises(StoreUnavailable), translated():
        raise error("OOM command not allowed when used memory > 'maxmemory'.")


def test_another_error_is_none_of_the_store_s():
    with pytest.raises(KeyError), translated():
        raise KeyError("a bug")


def test_where_nobody_listens_nobody_answers():
    with pytest.raises(StoreUnavailable), translated(), connect("redis://127.0.0.1:1/0") as redis:
        redis.ping()
