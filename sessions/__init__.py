"""The facts of tutoring sessions and the two forms that follow each of them."""
