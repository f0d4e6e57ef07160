"""When the keeper was last seen at work."""

from shared.jobs.passes import FEEDER, KEEPER, RedisPasses


def test_a_duty_is_remembered_from_when_it_was_done(redis):
    passes = RedisPasses(redis, KEEPER)
    assert passes.seconds_since() == {}
    passes.report("ring")
    assert RedisPasses(redis, FEEDER).seconds_since() == {}
    redis.hincrby("keeper", "ring", -30)
    assert 29 <= passes.seconds_since()["ring"] <= 32
