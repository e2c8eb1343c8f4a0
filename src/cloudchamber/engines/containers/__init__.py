"""The machine's container engine: found, asked about images, and given containers to run."""
