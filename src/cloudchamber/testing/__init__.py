"""The public test kit: a chamber in your process, a pytest plugin, and what tests need of both."""
