"""One file per verb; the folder is the list."""
