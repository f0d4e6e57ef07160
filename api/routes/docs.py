"""The API's reference as one plain page: no script, nothing loaded from elsewhere."""

from typing import cast

from apiflask import APIBlueprint, APIFlask
from flask import Response, current_app, redirect, render_template
from werkzeug.wrappers import Response as AnyResponse

docs = APIBlueprint("docs", __name__, enable_openapi=False, template_folder="../templates")


@docs.get("/")
def show_the_way() -> AnyResponse:
    """Whoever opens the server's address in a browser finds out what it is."""
    return redirect("docs")


@docs.get("/docs")
def show_docs() -> Response:
    """The operations of `/openapi.json`, readable."""
    document = cast(APIFlask, current_app).spec
    page = Response(render_template("docs.html", document=document))
    page.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return page
