"""Amazon EC2: so far, where things are. Regions, zones and what an account may use of them."""
