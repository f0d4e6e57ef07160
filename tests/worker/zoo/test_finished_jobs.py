"""From a published file to a finished job, for every family: fetched, checked, loaded strictly, run by the stages.

The files are the official ones' twins: their names, shapes, formats and wrappings, with seeded numbers. They lie on
a hub, a release page, a mirror or in a folder of the operator's; the result is a PNG whose alpha is the matte that
torch makes of the same file.
"""

import io
from dataclasses import dataclass, replace

import numpy as np
import pytest
from safetensors.numpy import save as save_safetensors

from shared.catalog import CARDS, MATTING, WeightSource
from shared.errors import OutOfMemory
from shared.jobs.job import Status
from shared.spec.refine import RefineSpec
from tests.images import gradient
from tests.worker.segmentation.test_onnx import mean_of_colours
from worker.inference import torch_network
from worker.io.mirror import WebMirror
from worker.io.weights import Weights
from worker.matting.fba import FbaMatting
from worker.matting.fba import recipe as matting_recipe
from worker.matting.refine import enlarge, refine
from worker.segmentation.loading import family_of, load_segmenter, recipe
from worker.segmentation.segmenter import Segmenter

torch = pytest.importorskip("torch", reason='needs the extra "torch"')
pytest.importorskip("huggingface_hub", reason='needs the extra "torch"')

from tests.parity import official, vectors  # noqa: E402  (only where torch is)

SLOW = pytest.mark.slow
WIDTH, HEIGHT = 70, 50


def birefnet(name):
    """Half precision, with the index that a loader must drop."""
    state = {key: value.numpy() for key, value in vectors.seeded_state(name).items()}
    halves = {key: value.astype(np.float16) for key, value in state.items() if value.dtype == np.float32}
    return {**state, **halves, "bb.layers.0.blocks.0.attn.relative_position_index": np.zeros(3, np.int64)}


def inspyrenet(name):
    """With the index that a loader must drop."""
    state = vectors.seeded_state(name)
    state["backbone.layers.0.blocks.0.attn.relative_position_index"] = torch.zeros(3, dtype=torch.int64)
    return state


def parallel(state):
    return {f"module.{key}": value for key, value in state.items()}


def isnet(_name="isnet"):
    return vectors.seeded_state("isnet")


def lightning(name):
    return {"epoch": 3, "state_dict": {f"net.{key}": value for key, value in isnet(name).items()}}


def plain(name):
    return official.seeded_weights(name, 0)


def from_several_gpus(name):
    return parallel(plain(name))


def without_counts(name):
    """As files of old versions of torch."""
    return {key: value for key, value in plain(name).items() if not key.endswith("num_batches_tracked")}


def tracer_with_edge_module(name):
    """The official file: another name for the encoder, and the module that only training uses."""
    state = {
        key.replace("encoder.", "model.", 1) if key.startswith("encoder.") else key: value
        for key, value in plain(name).items()
    }
    state["model.Frequency_Edge_Module1.conv_l1.weight"] = torch.zeros(2, 2)
    return parallel(state)


def without_aux(name):
    """Without the head that only training uses."""
    return {key: value for key, value in plain(name).items() if not key.startswith("aux_classifier.")}


@dataclass(frozen=True)
class Case:
    """A model, the side it is run at, how its file is made, and where that lies."""

    model: str
    side: int
    make: object
    place: str = "https"


QUICK = (
    Case("u2netp", 32, from_several_gpus, "mirror"),
    Case("isnet-general-use", 64, isnet, "file"),
)
LARGE = (
    Case("deeplabv3-resnet101", 64, without_aux),
    Case("u2net", 32, plain, "hf"),
    Case("basnet", 32, without_counts, "hf"),
    Case("isnet-anime", 64, lightning, "hf"),
    Case("ormbg", 64, isnet, "hf"),
    Case("rmbg-1.4", 64, isnet, "hf"),
    Case("tracer-b7", 64, tracer_with_edge_module, "hf"),
    Case("birefnet-lite", 64, birefnet, "hf"),
    Case("inspyrenet-fast", 64, inspyrenet),
    Case("inspyrenet-pyramid", 384, inspyrenet),
    Case("birefnet-general", 64, birefnet, "hf"),
)


@dataclass(frozen=True)
class Place:
    """Where weights are fetched from in a test, and where to."""

    folder: object
    web: object

    def weights(self, mirrored):
        mirror = WebMirror(f"{self.web.url}/mirror") if mirrored else None
        return Weights(self.folder / "cache", self.folder, mirror=mirror, hub_url=self.web.url)

    def publish(self, case):
        """The card of the model with its file at the place of the case."""
        card = CARDS[case.model]
        suffix = "safetensors" if case.make is birefnet else "pth"
        data = _file(case.make(card.arch), suffix)
        member = "weights/file" if case.place == "hf" else ""
        source = WeightSource("https", f"{self.web.url}/nowhere", "", suffix, member=member)
        if case.place == "hf":
            source = replace(source, kind="hf", location=self.web.hub(f"org/{case.model}", member, data))
        elif case.place == "https":
            source = replace(source, location=self.web.release(case.model, data))
        elif case.place == "file":
            source = replace(source, kind="file", location="own.pth")
            (self.folder / "own.pth").write_bytes(data)
        card = replace(card, sources=(source,), input_size=case.side, precision="f32")
        if case.place == "mirror":
            self.web.mirror(self.weights(mirrored=True)._path(card, source).name, data)
        return card


def _file(state, suffix):
    if suffix == "safetensors":
        return save_safetensors(state)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


@pytest.fixture
def place(tmp_path, web):
    return Place(tmp_path, web)


@pytest.mark.parametrize(
    "case",
    [
        *(pytest.param(case, id=case.model) for case in QUICK),
        *(pytest.param(case, id=case.model, marks=SLOW) for case in LARGE),
    ],
)
def test_a_published_file_becomes_a_finished_job(case, place, run_job):
    card = place.publish(case)
    weights = place.weights(mirrored=case.place == "mirror")
    photo = gradient(HEIGHT, WIDTH)

    file = weights.get(card)
    place.web.asked.clear()
    job, alpha = run_job(card, weights, photo)

    assert job.status is Status.SUCCEEDED, job.error
    assert (job.segmented.model.name, job.segmented.model.weights_sha256) == (card.name, file.sha256)
    assert place.web.asked == []  # what was pulled is not fetched again
    expected = _by_torch(card, file.path, photo)
    assert np.ptp(expected) > 0  # else anything could be right
    # One level of eight bits, and another where a family cuts the matte to them.
    np.testing.assert_allclose(alpha / 255, expected / 255, rtol=0, atol=2.5 / 255)
    assert np.abs(alpha - expected.astype(float)).mean() < 0.5


def _by_torch(card, path, photo):
    """The alpha of the photo, 0..255, computed by torch with the family's own steps."""
    family, network = family_of(card), torch_network.load(recipe(card), path)
    with torch.inference_mode():
        output = network(torch.from_numpy(family.prepare(photo, card))).numpy()
    return enlarge(family.trim(family.read(output, card), WIDTH, HEIGHT), WIDTH, HEIGHT)


def of_onnx(model, place):
    """The card of the model with a small ONNX file on our server."""
    url = place.web.release(f"{model}.onnx", mean_of_colours(side=32))
    source = WeightSource("https", url, "", "onnx")
    return replace(CARDS[model], sources=(source,), input_size=32, precision="f32")


@pytest.mark.parametrize("model", ["imgly-medium", "silueta"])
def test_an_onnx_file_becomes_a_finished_job(model, place, run_job):
    card = of_onnx(model, place)
    weights, photo = place.weights(mirrored=False), gradient(HEIGHT, WIDTH)

    job, alpha = run_job(card, weights, photo)

    assert job.status is Status.SUCCEEDED, job.error
    small = load_segmenter(card, weights.get(card).path).small_matte(photo)
    np.testing.assert_array_equal(alpha, enlarge(small, WIDTH, HEIGHT))


@SLOW
def test_a_published_matting_network_draws_the_edge_of_a_finished_job(place, run_job):
    card, photo = of_onnx("silueta", place), gradient(HEIGHT, WIDTH)
    matting = MATTING["fba-matting"]
    (hub, _) = matting.sources
    location = place.web.hub("org/fba", hub.member, _file(from_several_gpus(matting.arch), "pth"))
    matting = replace(matting, sources=(replace(hub, location=location, published=""),))
    weights = place.weights(mirrored=False)

    job, alpha = run_job(card, weights, photo, matting=matting)

    assert job.status is Status.SUCCEEDED, job.error
    network = torch_network.load(matting_recipe(matting), weights.get(matting).path)
    small = load_segmenter(card, weights.get(card).path).small_matte(photo)
    expected = refine(photo, small, RefineSpec(method="fba"), FbaMatting(Torch(network)))
    unsure = (expected > 0) & (expected < 255)
    assert unsure.mean() > 0.01
    assert np.abs(alpha - expected.astype(float)).mean() < 0.5


@dataclass(frozen=True)
class Torch:
    """A torch network as the runtime's."""

    network: object

    def infer(self, batch):
        with torch.inference_mode():
            return self.network(torch.from_numpy(batch)).numpy()


def test_a_job_whose_weights_nobody_has_fails_with_every_answer_and_the_next_one_runs(place, run_job):
    good, weights, photo = of_onnx("silueta", place), place.weights(mirrored=False), gradient(HEIGHT, WIDTH)
    gone = WeightSource("https", f"{place.web.url}/gone", "0" * 64, "onnx")

    job, alpha = run_job(replace(good, sources=(gone,)), weights, photo)
    assert (job.status, job.error.code, alpha) == (Status.FAILED, "model_unavailable", None)
    assert "HTTP 404 from 127.0.0.1" in job.error.detail

    job, _ = run_job(good, weights, photo, job_id="job_2")
    assert job.status is Status.SUCCEEDED, job.error


def test_a_job_that_finds_no_memory_fails_with_out_of_memory_and_the_next_one_runs(place, run_job):
    card, weights, photo = of_onnx("silueta", place), place.weights(mirrored=False), gradient(HEIGHT, WIDTH)

    class Full:
        def infer(self, _batch):
            raise OutOfMemory("the worker has no memory left for this network")

    def load(card, path):
        return Segmenter(card, family_of(card), Full())

    job, alpha = run_job(card, weights, photo, load=load)
    assert (job.status, job.error.code, alpha) == (Status.FAILED, "out_of_memory", None)

    job, _ = run_job(card, weights, photo, job_id="job_2")
    assert job.status is Status.SUCCEEDED, job.error
