"""Functions as real processes: an order in, an outcome out. Knows nothing of the world."""
