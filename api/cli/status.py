"""`cutroom status`: how a job stands."""

import click

from api.cli.serving import json_option, print_job, server_option, talking_to


@click.command(short_help="Show how a job stands.")
@click.argument("job_id")
@json_option
@server_option
def command(job_id: str, as_json: bool, server: str) -> None:
    """Show how a job stands, without waiting.

    \b
    Examples:
      cutroom status job_01jd…
      cutroom status job_01jd… --json | jq .timings_ms

    \b
    Exit codes: 0 whatever the job's state; 1 no such job; 3 no server.
    """
    with talking_to(server) as client:
        print_job(client.get(job_id), as_json=as_json)
