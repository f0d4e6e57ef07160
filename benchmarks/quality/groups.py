"""Scores of several mattes, by kind of ground truth."""

from collections.abc import Callable, Sequence

from rich.progress import track

from benchmarks.publishing.report import Row
from benchmarks.quality.measures import Score, mean, score
from benchmarks.quality.pairs import PSEUDO, Pair
from worker.imaging.types import Alpha

HARD = "hard masks"
"""`binary` and `trimap_ignore128`: drawn by hand, with hard edges."""
_HARD_KINDS = ("binary", "trimap_ignore128")


def by_group(pairs: Sequence[Pair], matte_of: Callable[[Pair], Alpha]) -> dict[str, list[Score]]:
    """Scores under `hard masks`, `alpha`, `alpha_composite` and, last, `alpha_ref`."""
    groups: dict[str, list[Score]] = {HARD: [], "alpha": [], "alpha_composite": [], PSEUDO: []}
    for pair in track(pairs, "mattes"):
        group = HARD if pair.kind in _HARD_KINDS else pair.kind
        groups[group].append(score(matte_of(pair), pair.truth(), pair.kind))
    return {group: scores for group, scores in groups.items() if scores}


def by_kind(pairs: Sequence[Pair], matte_of: Callable[[Pair], Alpha]) -> dict[str, list[Score]]:
    """Scores under each `gt_kind`, and under `all`, which leaves the pseudo truth out."""
    kinds: dict[str, list[Score]] = {}
    for pair in track(pairs, "mattes"):
        kinds.setdefault(pair.kind, []).append(score(matte_of(pair), pair.truth(), pair.kind))
    real = [one for kind, scores in kinds.items() if kind != PSEUDO for one in scores]
    return kinds | ({"all (no alpha_ref)": real} if real else {})


def columns(scores: Sequence[Score]) -> Row:
    """A row of figures."""
    average = mean(scores)
    return {
        "pairs": len(scores),
        "IoU": f"{average.iou:.4f}",
        "MAE": f"{average.mae:.4f}",
        "boundary IoU": f"{average.boundary_iou:.4f}",
        "SAD": f"{average.sad:.2f}",
        "gradient": f"{average.gradient:.2f}",
    }


def change(scores: Sequence[Score], base: Sequence[Score]) -> Row:
    """What became of the figures."""
    new, old = mean(scores), mean(base)
    return {
        "IoU": f"{new.iou - old.iou:+.4f}",
        "boundary IoU": f"{new.boundary_iou - old.boundary_iou:+.4f}",
        "SAD": f"{100 * (new.sad / old.sad - 1):+.1f} %",
        "gradient": f"{100 * (new.gradient / old.gradient - 1):+.1f} %",
    }
