"""What a daemon says of itself: facts and counts, the pages made of them, and the thread that serves those."""
