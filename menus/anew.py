"""A thing made anew with some of its parts changed."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import replace as replace
else:

    def replace(one: Any, /, **changes: Any) -> Any:
        """Do what `dataclasses.replace` does, for those that keep nothing computed.

        The library sets each field by a call: a dozen times a hop, that was 5 % of its time
        (py-spy). Types are checked as the library's are.
        """
        changed = object.__new__(type(one))
        changed.__dict__.update(one.__dict__, **changes)
        return changed
