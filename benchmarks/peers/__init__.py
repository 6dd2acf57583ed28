"""The peers: the same reference work as small programs, each as its own documentation advises.

They run in the venv `.venv-bench` and share nothing with the product.
"""
