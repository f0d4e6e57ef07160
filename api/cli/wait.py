"""`cutroom wait`: wait for a job's end."""

import click

from api.cli.serving import FAILED, json_option, print_job, server_option, talking_to
from api.cli.submit import watch_or_leave


@click.command(short_help="Wait for a job's end.")
@click.argument("job_id")
@json_option
@server_option
def command(job_id: str, as_json: bool, server: str) -> None:
    """Wait until the job has ended, showing its stages.

    \b
    Example:
      cutroom wait job_01jd… && cutroom download job_01jd…

    \b
    Exit codes: 0 it succeeded; 1 it did not, or there is no such job; 3 no server.
    """
    with talking_to(server) as client:
        job = watch_or_leave(client, job_id)
    print_job(job, as_json=as_json)
    if job["status"] != "succeeded":
        raise SystemExit(FAILED)
