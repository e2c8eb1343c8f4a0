"""SQL over tables that are handed in: Trino's dialect, translated by sqlglot, run by DuckDB."""
