// What Streamlit leaves to the page: its language, its own words, Korean input, and focus.
export default function (component) {
  const { data } = component;
  document.documentElement.lang = data.lang;
  const state = (window.manualchat ??= { words: {} });
  state.words = data.words;
  if (!state.ready) {
    state.ready = true;
    listen();
    const changed = () => {
      translate();
      setTimeout(holdFocus, 50); // once the browser has taken it from what is gone
    };
    new MutationObserver(changed).observe(document.body, {
      childList: true,
      subtree: true,
      characterData: true,
      attributeFilter: ["aria-label", "disabled"],
    });
  }
  translate();

  // While a syllable is being composed, Enter finishes the syllable; it does not
  // send. 229 is what Safari reports for the Enter that ends a composition.
  function listen() {
    document.addEventListener(
      "keydown",
      (event) => {
        if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) {
          event.stopImmediatePropagation();
        }
      },
      true,
    );
  }

  // A button that had the focus and went, or was disabled, leaves it nowhere: then neither
  // Escape nor Tab would reach an open dialog.
  function holdFocus() {
    if (document.activeElement === document.body) {
      [...document.querySelectorAll("[role=dialog]")].at(-1)?.focus();
    }
  }

  // Streamlit's own controls speak English only: their few words are looked up.
  function translate() {
    const texts = document.querySelectorAll(
      '[data-testid="stFileUploaderDropzone"] :is(p, span, small, div):not(:has(*))',
    );
    for (const part of texts) {
      say(part, part.textContent, (found) => (part.textContent = found));
    }
    for (const part of document.querySelectorAll("[aria-label]:not(input)")) {
      say(part, part.ariaLabel, (found) => (part.ariaLabel = found));
    }
  }

  // `now` is English, unless it is what was said here before.
  function say(part, now, set) {
    const english = now === part.dataset.said ? part.dataset.english : now;
    const found = look(english);
    if (found === null) return;
    part.dataset.english = english;
    part.dataset.said = found;
    if (found !== now) set(found);
  }

  function look(english) {
    const words = window.manualchat.words;
    if (english in words) return words[english];
    const size = english.match(/^(\d+)MB per file • PDF$/);
    if (size && words.size) return words.size.replace("{n}", size[1]);
    return Object.keys(words).length ? null : english; // English: back to what it was
  }
}
