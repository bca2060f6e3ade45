// Single keys: an element with data-key is clicked, or focused if it is a field, while nobody
// types into a field. An agent can turn this off (WCAG 2.2, 2.1.4). Esc leaves a field.
"use strict";

const FIELDS = "input:not([type=checkbox]):not([type=radio]):not([type=submit]), textarea, select";

document.addEventListener("keydown", (event) => {
  const focused = document.activeElement;
  const types = focused && focused.matches(FIELDS);
  if (event.key === "Escape" && types) {
    focused.blur();
    return;
  }
  const on = document.body.hasAttribute("data-shortcuts");
  if (!on || types || event.ctrlKey || event.altKey || event.metaKey || event.repeat) {
    return;
  }
  const key = CSS.escape(event.key.toLowerCase());
  const found = document.querySelector(`[data-key="${key}"]:not(:disabled)`);
  if (!found) {
    return;
  }
  event.preventDefault();
  if (found.matches(FIELDS)) {
    found.focus();
    if (found.select) {
      found.select();
    }
  } else {
    found.click();
  }
});
