"""`python -m tests.security.supply.audit PIP_AUDIT`: known vulnerabilities of what the images install.

pip-audit passes over what its database does not answer for and then says that it found nothing; here it is said
that nothing was looked at.
"""

# ruff: noqa: T201  a script that prints

import json
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "requirements"
LOCKS = ("api.lock", "worker,torch.lock")  # the worker's own is part of the latter
_SECONDS = 120


def main(program: str) -> int:
    """The exit status: 1 when something is vulnerable, 0 otherwise, also when the database cannot be reached."""
    return max(_audit(program, lock) for lock in LOCKS)


def _audit(program: str, lock: str) -> int:
    command = [program, "--format", "json", "--require-hashes", "--disable-pip", "--progress-spinner", "off"]
    try:
        done = subprocess.run(
            [*command, "--requirement", str(FOLDER / lock)],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _skipped(lock, f"no answer in {_SECONDS} s")
    return judge(lock, done.stdout, done.stderr)


def judge(lock: str, found: str, said: str) -> int:
    """Say what was found, as pip-audit's JSON has it, or that nothing was looked at; the exit status."""
    if not found.strip():
        return _skipped(lock, said.strip().splitlines()[-1] if said.strip() else "pip-audit gave no answer")
    packages = json.loads(found)["dependencies"]
    looked_at = [package for package in packages if "vulns" in package]
    if not looked_at:
        return _skipped(lock, "its database knows none of the packages, so it is not the real one")
    vulnerable = [(package, flaw) for package in looked_at for flaw in package["vulns"]]
    for package, flaw in vulnerable:
        print(
            f"{lock}: {package['name']} {package['version']}: {flaw['id']}, mended in {flaw['fix_versions']}"
        )
    print(f"audit of {lock}: {len(looked_at)} of {len(packages)} packages looked at, {len(vulnerable)} flaws")
    return 1 if vulnerable else 0


def _skipped(lock: str, why: str) -> int:
    print(f"audit of {lock} SKIPPED, nothing was looked at: {why}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
