"""Capacity: what instance types there are, in which zones, and how many hosts stand there.

Rules of this folder: tables with their sources, and pure functions of the seed. State is handed in
and given back; whoever keeps it is in `services/`.
"""
