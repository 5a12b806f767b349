"""The command line. Nothing heavy is imported before a command needs it: ``--help`` only costs click."""

import shlex
from importlib import import_module
from typing import Any

import click

from mapping.errors import InputError
from zeroskip import __version__
from zeroskip.commands import COMMANDS

INTERRUPTED = 130  # what shells return for a process that SIGINT ended


class _Refusal(click.ClickException):
    """Bad input: one line on stderr."""

    exit_code = 2


class _Commands(click.Group):
    """Loads a command when it is asked for.

    Tells mistakes of the user from faults of this project: only the latter show a traceback.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        return getattr(import_module(f"zeroskip.commands.{name}"), name)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401  # as in click
    ) -> click.Context:
        """Keep what was typed: results say which command made them."""
        return super().make_context(info_name, args, parent, obj=shlex.join(["zeroskip", *args]), **extra)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  # as in click
        try:
            return super().invoke(ctx)
        except InputError as error:
            raise _Refusal(str(error)) from error
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(INTERRUPTED)


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="zeroskip")
def main() -> None:
    """Cycle-level simulation and exploration of N:M sparse neural-network accelerators."""
