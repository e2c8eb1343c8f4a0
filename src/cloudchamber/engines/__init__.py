"""Adapters to what is outside: real programs and real servers. Each optional."""
