"""The addresses that one worker serves, and the connections that come of them, from the accept to the end."""
