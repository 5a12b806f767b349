"""FlightLLM."""
