"""What centre officers do: boxes, hand-over, stock-takes, doubts."""
