"""Amazon VPC Lattice; see the README beside this file."""
