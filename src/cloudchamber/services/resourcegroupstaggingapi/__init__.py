"""The AWS Resource Groups Tagging API: the tags of everything, in one place."""
