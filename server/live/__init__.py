"""The running rooms: their voices, their pens, and the sockets of both."""
