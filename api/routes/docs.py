"""The API's reference as one plain page: no script, nothing loaded from elsewhere."""

from typing import cast

from apiflask import APIBlueprint, APIFlask
from flask import Response, current_app, render_template

docs = APIBlueprint("docs", __name__, enable_openapi=False, template_folder="../templates")


@docs.get("/docs")
def show_docs() -> Response:
    """The operations of `/openapi.json`, readable."""
    document = cast(APIFlask, current_app).spec
    page = Response(render_template("docs.html", document=document))
    page.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return page
