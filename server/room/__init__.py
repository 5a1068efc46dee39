"""The pure core of a session: who is here, what is on the board, who may do what. No I/O, no clock."""
