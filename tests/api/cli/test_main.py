"""The group of commands."""

from importlib import metadata

import click
import pytest
from click.testing import CliRunner

from api.cli import main
from api.cli.main import cli

COMMANDS = ("demo", "up", "submit", "status", "wait", "download", "cancel")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_teaches_by_example_and_tells_its_exit_codes(name):
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0
    assert f"cutroom {name}" in result.output
    assert "Example" in result.output
    assert "Exit codes" in result.output


def test_the_group_lists_all_commands_and_tells_exit_codes():
    result = CliRunner().invoke(cli, ["--help"])
    assert result.exit_code == 0
    assert all(name in result.output for name in COMMANDS)
    assert "Exit codes" in result.output


def test_an_unknown_command_is_wrong_usage():
    assert CliRunner().invoke(cli, ["fly"]).exit_code == 2


@pytest.fixture
def entry(monkeypatch):
    """Another package's command."""

    def entry(target):
        point = metadata.EntryPoint("other", target, main.GROUP)
        monkeypatch.setattr(main, "_others", lambda: {"other": point})

    return entry


def test_other_packages_bring_commands(entry):
    entry("tests.api.cli.test_main:other")
    assert CliRunner().invoke(cli, ["other"]).output == "hello\n"


def test_a_command_whose_package_is_missing_says_so_and_breaks_nothing_else(entry):
    entry("no_such_package.cli:command")
    assert "not available" in CliRunner().invoke(cli, ["--help"]).output
    result = CliRunner().invoke(cli, ["other"])
    assert (result.exit_code, "no_such_package" in result.output) == (1, True)


def test_ctrl_c_is_exit_code_130(entry):
    entry("tests.api.cli.test_main:interrupted")
    assert CliRunner().invoke(cli, ["other"]).exit_code == 130


@click.command()
def interrupted():
    raise KeyboardInterrupt


@click.command()
def other():
    click.echo("hello")
