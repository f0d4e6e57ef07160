"""Where a picture comes from."""

from pydantic import AnyHttpUrl

from shared.spec.base import Spec


class SourceSpec(Spec):
    """A picture that the server fetches."""

    url: AnyHttpUrl
    """http or https address of the picture."""
