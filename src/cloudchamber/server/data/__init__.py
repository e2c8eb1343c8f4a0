"""A world on disk: one directory, one process, nothing acknowledged ever lost.

Rules of this layer: bytes and files only; what a record means is the world's business. Whatever
stands in the way of opening a directory is a DataError with a sentence for a person.
"""
