"""Scripts of the project: setting up, real clients, generated docs, new services.

Rules of this folder: Python alone, run as `python -m tools.NAME` from the root of the repository.
`setup` and `clients` use nothing but the standard library: they run before anything is installed.
"""
