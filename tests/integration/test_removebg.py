"""remove.bg's API in real processes, asked by a client that was written for remove.bg."""

import io
import logging
import zipfile

import pytest
import removebg.removebg as their_client
from PIL import Image

pytestmark = pytest.mark.integration


@pytest.fixture
def photo(tmp_path, picture):
    path = tmp_path / "photo.png"
    path.write_bytes(picture)
    return path


@pytest.fixture
def client(stack, tmp_path, monkeypatch):
    """The package `removebg`, which knows the address of its server as a constant, and logs into a file."""
    stack.up()
    monkeypatch.setattr(their_client, "API_ENDPOINT", f"{stack.url}/v1.0/removebg")
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)
    return their_client.RemoveBg("key", str(tmp_path / "errors.log"))


def test_a_client_written_for_remove_bg(client, photo):
    def written():
        return Image.open(io.BytesIO(photo.with_name(f"{photo.name}_no_bg.png").read_bytes()))

    client.remove_background_from_img_file(str(photo), size="full")
    cut_out = written()
    assert (cut_out.mode, cut_out.size) == ("RGBA", (320, 240))
    assert cut_out.getpixel((160, 120)) == (250, 220, 40, 255)
    assert cut_out.getpixel((5, 5))[3] == 0

    client.remove_background_from_img_file(str(photo), bg_color="00ff00")
    assert written().format == "JPEG"


def test_what_the_worker_does_of_it(stack, picture):
    stack.up()

    def ask(**fields):
        files = {"image_file": ("photo.png", picture)}
        if "bg_image_file" in fields:
            files["bg_image_file"] = ("bg.png", fields.pop("bg_image_file"))
        answer = stack.http.post("/v1.0/removebg", data=fields, files=files)
        assert answer.status_code == 200, answer.text
        return answer

    told = ask(size="full", type="product").headers
    assert {name: told[name] for name in told if name.startswith(("x-foreground", "x-type", "x-width"))} == {
        "x-width": "320", "x-type": "product", "x-foreground-top": "40", "x-foreground-left": "80",
        "x-foreground-width": "161", "x-foreground-height": "161",
    }  # fmt: skip

    archive = zipfile.ZipFile(io.BytesIO(ask(format="zip", size="full").content))
    color, alpha = (Image.open(archive.open(name)) for name in ("color.jpg", "alpha.png"))
    assert (color.size, alpha.size, alpha.mode, alpha.getpixel((160, 120))) == (
        (320, 240),
        (320, 240),
        "L",
        255,
    )

    behind = io.BytesIO()
    Image.new("RGB", (10, 10), (0, 200, 0)).save(behind, "PNG")
    framed = Image.open(io.BytesIO(ask(bg_image_file=behind.getvalue(), format="png").content))
    assert framed.getpixel((5, 5)) == (0, 200, 0, 255)
    assert framed.getpixel((160, 120)) == (250, 220, 40, 255)

    shaded = Image.open(io.BytesIO(ask(shadow_type="drop").content))
    assert shaded.size == (320, 240)
    assert Image.open(io.BytesIO(ask(crop="true", size="full").content)).size == (161, 161)
    half = Image.open(io.BytesIO(ask(roi="0% 0% 50% 100%").content))
    assert (half.getpixel((100, 120))[3], half.getpixel((200, 120))[3]) == (255, 0)
