"""One run of `cutroom batch`: upload, hand in, wait, download."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from api.cli.journal import Journal
from api.cli.photos import Wish
from api.cli.report import Row
from api.cli.saving import below, save_outputs
from api.client.batches import Batches
from api.client.client import CutroomClient, CutroomError, Json, NotAPicture, Refused, Unreachable

_PATIENCE_SECONDS = 120.0
_SOME_LINE = {"input": {"url": "https://example.com/some.jpg"}}
_LATER = frozenset({429, 502, 503, 504})
_GONE = frozenset({404, 410})
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bench:
    """What a run works with."""

    client: CutroomClient
    journal: Journal
    folder: Path
    """Where the results go."""
    stems: Mapping[str, PurePosixPath]
    """Where in it each result lies, by custom_id."""
    parallel: int
    """Uploads or downloads at once."""
    progress: Progress

    def bar(self, label: str, total: int) -> TaskID:
        """A bar that has not begun."""
        return self.progress.add_task(label, total=total)


def bars(console: Console) -> Progress:
    """Done of all, and how long the rest takes."""
    return Progress(
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description:<9}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=console,
    )


def run(bench: Bench, wishes: Sequence[Wish], recipe: Json) -> list[Row]:
    """What became of each wish. What an interrupted run handed in is fetched first."""
    rows = _resumed(bench)
    left = [wish for wish in wishes if wish.custom_id not in rows]
    if left:
        rows |= _handed_in(bench, left, recipe)
    return [rows[wish.custom_id] for wish in wishes if wish.custom_id in rows]


def _resumed(bench: Bench) -> dict[str, Row]:
    if not bench.journal.batch_id:
        return {}
    try:
        return _collected(bench, bench.journal.batch_id)
    except Refused as refusal:
        if refusal.status not in _GONE:
            raise
    bench.journal.close()
    return {}


def _handed_in(bench: Bench, wishes: Sequence[Wish], recipe: Json) -> dict[str, Row]:
    _ask_first(bench, recipe)
    bar = bench.bar("upload", len(wishes))
    sent = _together(bench, lambda wish: _line(bench, wish), wishes, bar)
    lines = [line for line in sent if isinstance(line, dict)]
    rows = {row.custom_id: row for row in sent if isinstance(row, Row)}
    if lines:
        # All at once and not streamed, so that it can be sent again.
        batch = _patiently(lambda: Batches(bench.client).create(lines, recipe))
        bench.journal.handed_in(batch["id"])
        rows |= _collected(bench, batch["id"])
    return rows


def _ask_first(bench: Bench, recipe: Json) -> None:
    """Before thousands of photos are sent: is the server there, and does it take the recipe?"""
    try:
        Batches(bench.client).dry_run([_SOME_LINE], recipe)
    except Refused as refusal:
        if refusal.status not in _LATER:
            raise


def _line(bench: Bench, wish: Wish) -> Json | Row:
    """The line of the batch once its photo has arrived; or the row of one that is refused."""
    if wish.photo is None:
        return {**wish.line, "custom_id": wish.custom_id}
    photo, upload_id = wish.photo, bench.journal.upload_of(wish)
    if upload_id is None:
        try:
            upload_id = _patiently(lambda: bench.client.upload(photo))
        except Refused as refusal:
            return Row(wish.custom_id, "failed", error=refusal.code, detail=str(refusal))
        except (NotAPicture, OSError) as error:
            return Row(wish.custom_id, "failed", error="unreadable_image", detail=str(error))
        bench.journal.uploaded(wish, upload_id)
    return {**wish.line, "custom_id": wish.custom_id, "input": {"upload_id": upload_id}}


def _collected(bench: Bench, batch_id: str) -> dict[str, Row]:
    """Wait for the batch and fetch its results."""
    batches = Batches(bench.client)
    bar = bench.bar("cut out", batches.get(batch_id)["counts"]["total"])

    def show(batch: Json) -> None:
        counts = batch["counts"]
        ended = counts["succeeded"] + counts["failed"] + counts["canceled"]
        bench.progress.update(bar, completed=ended, total=counts["total"])

    batch = batches.wait(batch_id, on_change=show)
    items = list(batches.items(batch_id)) if batch["counts"]["failed"] + batch["counts"]["canceled"] else []
    rows = [Row.of(item) for item in items if item["status"] != "succeeded"]
    return {row.custom_id: row for row in (*rows, *_downloaded(bench, batch))}


def _downloaded(bench: Bench, batch: Json) -> list[Row]:
    if not batch["counts"]["succeeded"]:
        return []
    bar = bench.bar("download", batch["counts"]["succeeded"])
    made = Batches(bench.client).items(batch["id"], status="succeeded")
    return _together(bench, lambda item: _saved(bench, item), made, bar)


def _saved(bench: Bench, item: Json) -> Row:
    custom_id = item["custom_id"] or ""
    target = bench.stems.get(custom_id) or below(custom_id or f"line-{item['line']}")

    def save() -> list[Path]:
        # Asked for anew each time: the URLs of the list may have expired while others were fetched.
        job = bench.client.get(item["job_id"])
        return save_outputs(bench.client, job, bench.folder / target.parent, target.name)

    try:
        files = _patiently(save)
    except CutroomError as error:
        return Row(custom_id, "failed", item["job_id"], error="download_failed", detail=str(error))
    return Row.of(item, [path.relative_to(bench.folder).as_posix() for path in files])


def _together(bench: Bench, work: Callable[[Any], T], things: Iterable[Any], bar: TaskID) -> list[T]:
    """Do it for each, several at once, in order."""

    def counted(thing: Any) -> T:
        done = work(thing)
        bench.progress.advance(bar)
        return done

    with ThreadPoolExecutor(bench.parallel) as pool:
        try:
            return list(pool.map(counted, things))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _patiently(work: Callable[[], T]) -> T:
    """Try again while the server is away or asks to come back later."""
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return work()
        except (Unreachable, Refused) as error:
            lasting = isinstance(error, Refused) and error.status not in _LATER
            pause = getattr(error, "retry_after_seconds", 0.0) or 1.0
            if lasting or time.monotonic() + pause > give_up:
                raise
        time.sleep(pause)
