"""The monitor of a daemon: facts and counts, the pages made of them, and the thread that serves those."""
