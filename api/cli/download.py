"""`cutroom download`: fetch a job's results."""

from pathlib import Path

import click

from api.cli.saving import save_outputs
from api.cli.serving import CHATTER, FAILED, server_option, summary, talking_to


@click.command(short_help="Fetch a job's results.")
@click.argument("job_id")
@click.option(
    "-o", "--output", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    default=Path(), help="The folder to write into; made if need be. [default: the current one]",
)  # fmt: skip
@server_option
def command(job_id: str, folder: Path, server: str) -> None:
    """Write every output of the job into a folder, named after the job, and print the paths.

    \b
    Example:
      cutroom download job_01jd… -o out/

    \b
    Exit codes: 0 all written; 1 the job has no result; 3 no server.
    """
    with talking_to(server) as client:
        job = client.get(job_id)
        if job["status"] != "succeeded":
            CHATTER.print(f"No result: {summary(job)}")
            raise SystemExit(FAILED)
        for path in save_outputs(client, job, folder, job_id):
            click.echo(path)
