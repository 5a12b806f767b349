"""Rules for the names of known networks, one TOML file each."""
