"""What made a result: the command, the code and the configuration."""

from hashlib import sha256
from typing import Any

import click

from dse.provenance import simulator_digest
from simulator.config import FamilyConfig
from simulator.families import Family


def typed_command() -> str | None:
    """The command line that is running, as a shell takes it; None when called from Python."""
    context = click.get_current_context(silent=True)
    return None if context is None else context.find_root().obj


def made_by(family: Family[Any], config: FamilyConfig) -> dict[str, str | None]:
    """The command, and SHA-256 digests of the code that computed and of every field of the configuration."""
    return {
        "command": typed_command(),
        "code": simulator_digest(family),
        "config": sha256(config.model_dump_json().encode()).hexdigest(),
    }
