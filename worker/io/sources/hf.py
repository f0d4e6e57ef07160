"""A file of a repository on the Hugging Face hub, through its own client: tokens, redirects, resuming are its own."""

from pathlib import Path
from types import TracebackType
from typing import Any

from shared.catalog import WeightSource
from worker.io.sources.source import Progress, SourceContext, SourceFailed


def fetch(source: WeightSource, folder: Path, context: SourceContext) -> Path:
    """Download the member at the pinned revision. A gated repository wants `HF_TOKEN`, which the client reads."""
    try:
        from huggingface_hub import hf_hub_download  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise SourceFailed('huggingface_hub is not installed: install the extra "torch"') from error
    repository, _, revision = source.location.partition("@")
    context.progress(0, None)
    try:
        found = hf_hub_download(
            repository,
            source.member,
            revision=revision,
            local_dir=folder,
            endpoint=context.hub_url or None,
            tqdm_class=_bar(context.progress),
        )
    except Exception as error:  # the client raises its own, httpx's and OSError alike
        raise SourceFailed(_said(error)) from error
    return Path(found)


def _said(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()] or [""]
    return f"{type(error).__name__}: {lines[0]}"[:200]


def _bar(progress: Progress) -> type[Any]:
    """What the client takes for a class of tqdm's: it draws nothing and tells our own bar."""

    class Bar:
        def __init__(self, *_: object, total: int | None = None, initial: int = 0, **__: object) -> None:
            self.total = total
            self.n = initial

        def __enter__(self) -> "Bar":
            return self

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> None:
            self.close()

        def update(self, amount: float | None = 1) -> None:
            self.n += int(amount or 0)
            progress(self.n, self.total)

        def close(self) -> None:
            """There is nothing to close."""

    return Bar
