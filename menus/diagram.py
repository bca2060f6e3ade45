"""The menus as a picture: a Mermaid state diagram of every way out of every screen."""

from collections.abc import Sequence

from menus.screens import Screen, exits


def draw(screens: Sequence[Screen], home: str) -> str:
    """Draw the screens, in the order they are given."""
    lines = ["stateDiagram-v2", f"  [*] --> {home}"]
    for screen in screens:
        for label, to in dict.fromkeys(exits(screen)):
            lines.append(f"  {screen.name} --> {to}: {label}")
    return "\n".join(lines)
