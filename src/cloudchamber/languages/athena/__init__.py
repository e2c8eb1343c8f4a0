"""Athena's statements: Hive's DDL read whole, Trino's queries as far as what wraps them."""
