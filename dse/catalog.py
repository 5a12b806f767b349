"""The names of the strategies: nothing heavy is imported to list them."""

STRATEGIES = {
    "exhaustive": "Exhaustive",
    "decompose": "Decompose",
    "nsga2": "Nsga2",
    "gp": "Gp",
    "random": "Random",
    "sobol": "Sobol",
    "local": "Local",
    "optuna": "Optuna",
    "ppo": "Ppo",
    "marl": "Marl",
}
