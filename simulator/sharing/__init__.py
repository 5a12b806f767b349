"""Programs that many configurations share, and the fastest mapping of many layers at once (docs/sharing.md)."""
