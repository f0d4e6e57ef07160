"""Queue and task names, which api and worker share instead of code."""

from shared.queue.names import LANES, QUEUES, queue_name, task_name
from shared.spec.job import Priority, Stage


def test_every_stage_has_a_lane_and_every_lane_its_queues():
    assert set(LANES) == set(Stage)
    for stage in Stage:
        for priority in Priority:
            assert queue_name(LANES[stage], priority) in QUEUES


def test_interactive_queues_are_emptied_first():
    assert [name.partition(".")[2] for name in QUEUES] == ["interactive"] * 3 + ["bulk"] * 3


def test_a_task_is_named_after_its_stage():
    assert task_name(Stage.RENDER) == "worker.render"
