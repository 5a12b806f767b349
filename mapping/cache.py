"""The folder that outlives a run."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Where compiled code and fetched models are kept: ``$ZEROSKIP_CACHE``, else the user's cache folder."""
    chosen = os.environ.get("ZEROSKIP_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "zeroskip"
