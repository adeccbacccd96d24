"""What an application is: asked of its own interpreter, in a process of its own."""
