"""The one error a user can cause."""


class InputError(ValueError):
    """A mistake in what the user handed in.

    The message names the thing, its value and what is legal. The command line prints it and exits with 2;
    every other exception is a fault of this project.
    """
