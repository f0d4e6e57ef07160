"""When the keeper was last seen at work."""

from shared.jobs.passes import RedisPasses


def test_a_duty_is_remembered_from_when_it_was_done(redis):
    passes = RedisPasses(redis)
    assert passes.seconds_since() == {}
    passes.report("ring")
    redis.hincrby("keeper", "ring", -30)
    assert 29 <= passes.seconds_since()["ring"] <= 32
