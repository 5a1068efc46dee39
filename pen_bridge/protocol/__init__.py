"""What pens say, and the strokes made of it. Pure: bytes, dots and the time come in."""
