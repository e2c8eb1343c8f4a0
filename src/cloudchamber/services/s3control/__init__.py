"""Amazon S3 Control: access points, and an account's settings for S3."""
