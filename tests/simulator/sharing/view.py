"""A configuration of which only some fields can be read."""


class View:
    """Raises for every field that it does not show; properties and methods see the view, too."""

    def __init__(self, config, shown):
        self._config, self._shown = config, frozenset(shown)

    def __getattr__(self, name):
        kind = type(self._config)
        if name in kind.model_fields:
            if name not in self._shown:
                raise AssertionError(f"{name} was read; promised were {', '.join(sorted(self._shown))}")
            return getattr(self._config, name)
        return getattr(kind, name).__get__(self)

    def model_dump(self, **_):
        """What is shown: notes of a program say it."""
        return {name: getattr(self._config, name) for name in self._shown}
