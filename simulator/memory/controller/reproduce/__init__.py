"""The controller beside published measurements."""
