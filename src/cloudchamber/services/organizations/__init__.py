"""AWS Organizations: accounts in a tree, and the policies that hold for them."""
