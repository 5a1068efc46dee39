"""Photos that are sent in: reduced in a process of their own, kept, and told to the room."""
