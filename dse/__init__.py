"""Design-space exploration: spaces, evaluation, a store that loses nothing, strategies, studies."""
