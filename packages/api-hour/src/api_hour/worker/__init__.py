"""The process that imports user code and serves. The supervisor starts each as a fresh interpreter."""
