"""Amazon Athena: SQL over what lies in S3, as the Glue Data Catalog describes it."""
