"""The expressions that choose partitions of the Glue Data Catalog: text -> test of values."""
