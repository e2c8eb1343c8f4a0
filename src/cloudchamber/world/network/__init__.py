"""The network: what a packet meets between two places, and the rule that lets it through or not.

Rules of this folder: AWS's network nouns and none of its APIs; a graph is plain frozen data, a walk
is a pure function of it. No order, no verdict and no sentence depends on anything else.
"""
