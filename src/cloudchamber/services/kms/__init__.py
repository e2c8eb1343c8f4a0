"""AWS KMS; see the README beside this file."""
