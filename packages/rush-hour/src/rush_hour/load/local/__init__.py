"""The generator on this machine: processes that send, one that counts, and their parent."""
