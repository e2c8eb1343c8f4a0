"""Where a chamber's functions meet its world: turns, calls home, outcomes."""
