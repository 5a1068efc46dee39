"""The worked example that the virtual pen writes when it is not told what to write."""

EQUATION = """\
=== Solve for x
2x + 3 = 11
2x + 3 - 3 = 11 - 3
2x = 8
2x / 2 = 8 / 2
[[x = 4]]
\f\
=== Check
2 * 4 + 3
 = 8 + 3
 = 11   yes!

So [[x = 4]] is right."""
