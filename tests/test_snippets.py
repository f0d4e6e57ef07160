"""The Python in the docs: all of it compiles, and what can be run without a server is."""

import json
import re
from datetime import UTC, datetime
from http.server import HTTPServer
from threading import Thread

import httpx
import pytest

from docs.generate import ROOT
from shared.events.signing import new_secret, signed_headers

PAGES = ("mobile", "partners", "removebg")
TARGETS = ("json", "js", "sh", "go", "php", "swift", "kotlin", "python", "")


def snippets(page: str, language: str = "python") -> list[str]:
    text = (ROOT / "docs" / f"{page}.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_it_compiles(page):
    for number, text in enumerate(snippets(page)):
        compile(text, f"docs/{page}.md, snippet {number}", "exec")


def test_every_block_is_closed_and_in_a_known_language():
    for page in PAGES:
        fences = re.findall(r"^```(.*)$", (ROOT / "docs" / f"{page}.md").read_text(), re.MULTILINE)
        assert [fence for fence in fences[1::2] if fence] == []
        assert set(fences[::2]) <= set(TARGETS)


def test_what_could_not_be_run_says_so():
    text = (ROOT / "docs" / "mobile.md").read_text()
    for language in ("swift", "kotlin"):
        before = text[: text.index(f"```{language}")]
        assert "not run here" in before[-400:], language


def test_the_receiver_in_python_believes_what_is_genuine(capsys):
    [receiver] = [text for text in snippets("partners") if "class Receiver" in text]
    secret = new_secret()
    names = {"__name__": "snippet"}
    exec(receiver.replace("whsec_…", secret), names)
    body = json.dumps({"type": "webhook.test", "data": {"id": "whk_1"}})
    genuine = signed_headers("dlv_1", datetime.now(UTC), body, [secret])
    with HTTPServer(("127.0.0.1", 0), names["Receiver"]) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        answers = [httpx.post(url, content=body, headers=given).status_code for given in (genuine, {})]
        server.shutdown()
        thread.join()
    assert answers == [204, 401]
    assert capsys.readouterr().out == "webhook.test whk_1 dlv_1\n"
