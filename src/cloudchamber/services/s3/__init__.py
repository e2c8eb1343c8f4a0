"""Amazon S3: buckets, objects, their versions, and all that is configured on them."""
