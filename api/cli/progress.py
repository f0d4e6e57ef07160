"""A job as bars, one per stage, which fill as it moves on and end with their seconds."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn

from api.client.client import Json

_LABELS = {"ingest": "fetch", "segment": "segment", "upscale": "upscale", "render": "render"}


def stages_of(job: Json) -> list[str]:
    """The stages that the job goes through, in order."""
    spec = job["spec"]
    fetched = ["ingest"] if spec["input"] else []
    enlarged = ["upscale"] if spec["upscale"] else []
    return [*fetched, "segment", *enlarged, "render"]


def stage_share(job: Json, stage: str) -> float:
    """How much of `stage` is done, 0..1: the job's progress counts all its stages alike."""
    stages = stages_of(job)
    if job["timings_ms"][stage] is not None and job["stage"] != stage:
        return 1.0
    share: float = job["progress"] * len(stages) - stages.index(stage)
    return min(max(share, 0.0), 1.0)


class StageBars:
    """Bars for one job at a time; a context manager. Hand `show` to `CutroomClient.wait` as `on_change`."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description:<9}"),
            BarColumn(bar_width=32),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[note]}"),
            console=console,
        )
        self._bars: dict[tuple[str, str], TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, job: Json) -> None:
        """Bring the bars to where the job stands."""
        for stage in stages_of(job):
            bar = self._bars.get((job["id"], stage))
            if bar is None:
                bar = self._progress.add_task(_LABELS[stage], total=1.0, note="")
                self._bars[job["id"], stage] = bar
            self._progress.update(bar, completed=stage_share(job, stage), note=_note(job, stage))


def _note(job: Json, stage: str) -> str:
    took_ms = job["timings_ms"][stage]
    if took_ms is not None:
        return f"{took_ms / 1000:.2f} s"
    if job["status"] == "queued" and job["stage"] == stage:
        return f"waiting, {job['queue_position']} before it" if job["queue_position"] else "waiting"
    return f"[red]{job['error']['code']}" if job["error"] and job["error"]["stage"] == stage else ""
