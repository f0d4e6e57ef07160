"""Measure mattes and colours against ground truth.

python -m benchmarks.quality [--pairs FOLDER] [--model NAME] [--tables baseline,refinement]
python -m benchmarks.quality --options '{"refine": {"method": "none"}, "mask": {"preset": "clean"}}'
"""

import argparse
import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from benchmarks.publishing.report import Row, report
from benchmarks.quality.colours import decontamination
from benchmarks.quality.mattes import baseline, matting, preset_clean, refinement, tweaks, with_options
from benchmarks.quality.networks import Looker
from benchmarks.quality.pairs import PSEUDO, Pair, read_pairs
from benchmarks.quality.placement import placement, placement_seconds
from benchmarks.quality.sheet import write_sheets
from benchmarks.quality.speed import after_the_network
from shared.spec.job import JobSpec
from shared.spec.refine import RefineSpec
from worker.matting.mask import apply_mask
from worker.matting.refine import refine

Work = Callable[[Looker, list[Pair]], list[Row]]
TABLES: dict[str, tuple[str, Work]] = {
    "baseline": ("The network's matte, enlarged bilinearly", baseline),
    "refinement": (
        "Refinement against none",
        lambda looker, pairs: refinement(
            looker, pairs, {"auto": RefineSpec(), "guided": RefineSpec(method="guided")}
        ),
    ),
    "matting": ("Closed-form matting against none, at 1×", matting),
    "clean": ("The preset `clean` against none", preset_clean),
    "tweaks": ("Tweaks on spoilt copies, and on the photos as they are", tweaks),
    "colours": (
        "Composites over four colours against the true ones, mean difference of 255",
        decontamination,
    ),
    "placement": ("Enlarging before or after segmentation", placement),
    "placement_seconds": (
        "Enlarging a photo of 1200×1600 before or after segmentation",
        lambda looker, _pairs: placement_seconds(looker),
    ),
    "speed": (
        "After the network, against the network",
        lambda looker, pairs: after_the_network(looker, pairs[-5].rgb()),
    ),
}

NEEDS_PYMATTING = ("matting", "colours")


def main() -> None:
    asked = arguments()
    pairs = read_pairs(asked.pairs)
    if not pairs:
        print(f"Nothing measured: {asked.pairs} holds no manifest.csv. Give a folder of pairs with --pairs.")
        return
    missing = [pair.name for pair in pairs if not (pair.image.exists() and pair.mask.exists())]
    if missing:
        print(f"Left out, a file is missing: {', '.join(missing)}")
        pairs = [pair for pair in pairs if pair.name not in missing]
    looker = Looker(asked.model, asked.cache)
    if asked.options:
        measure_options(looker, pairs, JobSpec.model_validate(json.loads(asked.options)), asked.sheets)
        return
    for name in asked.tables.split(","):
        title, work = TABLES[name]
        if name in NEEDS_PYMATTING and find_spec("pymatting") is None:
            print(f"Skipped {name}: pymatting is not installed (pip install 'cutroom[matting]').")
            continue
        report(f"quality_{name}", title, work(looker, pairs))


def measure_options(looker: Looker, pairs: list[Pair], spec: JobSpec, sheets: Path) -> None:
    """A table for any options, and sheets of the worst ten."""
    report(
        "quality_options", "These options", with_options(looker, pairs, spec.tweak, spec.refine, spec.mask)
    )
    if looker.seconds:
        print(f"{median(looker.seconds):.3f} s per look (median of {len(looker.seconds)})")
    real = [pair for pair in pairs if pair.kind != PSEUDO]
    worst = write_sheets(
        sheets,
        real,
        lambda pair: apply_mask(
            refine(pair.rgb(), looker.look(pair.rgb(), spec.tweak), spec.refine), spec.mask
        ),
    )
    print(f"Worst ten, drawn in {sheets}:", *worst, sep="\n  ")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=Path, default=Path("../shared/data/pairs"), help="has manifest.csv")
    parser.add_argument("--model", default="imgly-medium", help="a name of the catalogue")
    parser.add_argument("--tables", default=",".join(TABLES), help="which, of " + ", ".join(TABLES))
    parser.add_argument(
        "--options", help="a JobSpec as JSON: tweak, refine and mask are measured, and sheets drawn"
    )
    parser.add_argument("--sheets", type=Path, default=Path("out/quality"), help="where contact sheets go")
    parser.add_argument(
        "--cache", type=Path, default=Path("var/quality"), help="where network outputs are kept"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
