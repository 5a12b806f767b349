"""What hardware costs: resources and area."""
