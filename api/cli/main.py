"""The group `cutroom`: a command is loaded when it is asked for, so that none waits for another's imports."""

from collections.abc import Callable
from importlib import import_module, metadata
from typing import cast

import click

GROUP = "cutroom.commands"
INTERRUPTED = 130

# A command's name is its module's name, and the module's `command` is it. In the order one learns them.
_OURS = (
    "demo",
    "up",
    "submit",
    "status",
    "wait",
    "download",
    "cancel",
    "batch",
    "webhooks",
    "keys",
    "doctor",
)


class LazyGroup(click.Group):
    """Commands from this folder, and from the entry points of installed packages."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Ours first, then the others' by name."""
        return [*_OURS, *sorted(_others())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command, or None when nobody brings it."""
        if cmd_name in _OURS:
            return _load(cmd_name, lambda: import_module(f"api.cli.{cmd_name}").command)
        entry = _others().get(cmd_name)
        return _load(cmd_name, entry.load) if entry else None

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; Ctrl-C ends as it does for every other program, where click would answer 1."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise SystemExit(INTERRUPTED) from None


def _others() -> dict[str, metadata.EntryPoint]:
    return {entry.name: entry for entry in metadata.entry_points(group=GROUP)}


def _load(name: str, load: Callable[[], object]) -> click.Command:
    """The command, or one that says why it is not available: `--help` must not fail for a missing extra."""
    try:
        return cast(click.Command, load())
    except ImportError as error:
        reason = f"needs the package {error.name}, which is not installed"

    def explain() -> None:
        raise click.ClickException(f"`cutroom {name}` {reason}")

    return click.Command(name, callback=explain, short_help=f"(not available: {reason})")


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="cutroom")
def cli() -> None:
    """Remove the background from photos.

    \b
    Try it, with nothing else running:
      cutroom demo
    Run the service, then use it from another terminal:
      cutroom up
      cutroom submit cat.jpg --wait -o out/

    \b
    Exit codes: 0 all went well; 1 a job failed or was refused; 2 wrong usage;
    3 the server cannot be reached; 130 interrupted.
    """
