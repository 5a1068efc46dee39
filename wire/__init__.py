"""What crosses a process boundary: message structs, codec, board fold. Pure."""
