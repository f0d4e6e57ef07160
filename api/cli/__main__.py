"""`python -m api.cli`, for where the command `cutroom` is not on the PATH."""

from api.cli.main import cli

cli(prog_name="cutroom")
