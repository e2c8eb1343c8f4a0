"""Geography: partitions, Regions, zones, and what each account calls them.

Rules of this folder: tables with their sources, and pure functions of (seed, account, Region).
No AWS API is known here; `services/` ask this folder and write the answers.
"""
