"""Writes a job's outputs into a folder, named after the photo."""

from pathlib import Path

from api.client.client import CutroomClient, Json

EXTENSIONS = {
    "image/png": "png",
    "image/webp": "webp",
    "image/jpeg": "jpg",
    "image/avif": "avif",
    "image/tiff": "tif",
    "application/zip": "zip",
    "image/vnd.adobe.photoshop": "psd",
}
"""Of files, by their content type: what a job's output says of itself."""


def save_outputs(client: CutroomClient, job: Json, folder: Path, stem: str) -> list[Path]:
    """`stem.png` for the result, `stem.<name>.png` for what else the job made."""
    return [client.download(output, folder / _filename(output, stem)) for output in job["outputs"]]


def _filename(output: Json, stem: str) -> str:
    extension = EXTENSIONS.get(output["content_type"], "bin")
    return f"{stem}.{extension}" if output["name"] == "image" else f"{stem}.{output['name']}.{extension}"
