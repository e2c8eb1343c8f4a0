"""HTTP as bytes and sockets: versions 1.1 and 2, their limits, and who may speak.

Rules of this layer: it knows requests and responses and nothing of AWS. What answers them is an
`App`; what they mean is none of its business.
"""
