"""`cutroom cancel`: stop a job."""

import click

from api.cli.serving import json_option, print_job, server_option, talking_to


@click.command(short_help="Stop a job.")
@click.argument("job_id")
@json_option
@server_option
def command(job_id: str, as_json: bool, server: str) -> None:
    """Cancel a job: one that waits never starts, one that runs stops at its next stage.

    \b
    Example:
      cutroom cancel job_01jd…

    \b
    Exit codes: 0 it is cancelled or had ended already; 1 no such job; 3 no server.
    """
    with talking_to(server) as client:
        print_job(client.cancel(job_id), as_json=as_json)
