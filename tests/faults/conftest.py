"""The same installation that the integration tests use."""

from tests.integration.conftest import picture, stack  # noqa: F401  fixtures
