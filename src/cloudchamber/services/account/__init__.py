"""AWS Account Management: so far, which Regions an account has enabled."""
