"""The menus as a picture: a Mermaid state diagram of every way out of every screen."""

from collections.abc import Iterator, Sequence

from menus.screens import Menu, Route, Screen, exits

_PAGE = """# The menus

Every screen and every way out of it, drawn by `flask menus draw`. A way bears the key that is
pressed, or says what is done: something is typed or answered, a line of a list is picked.
Diamonds are decisions that nobody sees. Left out: `0` leads back, `00` home, and three slips in
a row to help.

```mermaid
{diagram}
```
"""


def page(screens: Sequence[Screen], home: str) -> str:
    """Write the page that shows the picture, in Markdown."""
    return _PAGE.format(diagram=draw(screens, home))


def draw(screens: Sequence[Screen], home: str) -> str:
    """Draw the screens, in the order they are given."""
    lines = ["stateDiagram-v2"]
    lines += [f"  state {one.name} <<choice>>" for one in screens if isinstance(one, Route)]
    lines.append(f"  [*] --> {home}")
    for screen in screens:
        lines += [
            f"  {screen.name} --> {to}: {label}"
            for label, to in dict.fromkeys(_labelled(screen))
        ]
    return "\n".join(lines)


def _labelled(screen: Screen) -> Iterator[tuple[str, str]]:
    keys = {one.name: one.key for one in screen.choices} if isinstance(screen, Menu) else {}
    for label, to in exits(screen):
        if label != "stuck":
            yield f"{keys[label]} {label}" if label in keys else label, to
