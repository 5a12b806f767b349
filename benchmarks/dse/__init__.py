"""Search strategies against a front that is known exactly."""
