"""What a design costs beside time. Each constant stands in a data file with its source."""
