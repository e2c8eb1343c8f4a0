"""AWS Resource Access Manager; see the README beside this file."""
