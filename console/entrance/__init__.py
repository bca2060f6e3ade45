"""The way in and out of the console: who is let in, and how they are known."""
