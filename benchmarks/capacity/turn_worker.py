"""A real worker whose network sleeps, one call at a time, as a network holds its device.

celery --app benchmarks.capacity.turn_worker worker
"""

from threading import Lock

from benchmarks import sleeping_worker

INFERENCE_SECONDS = 0.5
_turn = Lock()


class _TakingTurns(sleeping_worker.Sleeper):
    def infer(self, batch):
        with _turn:
            return super().infer(batch)


sleeping_worker.INFERENCE_SECONDS = INFERENCE_SECONDS
sleeping_worker.Sleeper = _TakingTurns
app = sleeping_worker.app
