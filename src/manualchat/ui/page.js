// What Streamlit leaves to the page: its language, and Korean input.
export default function (component) {
  const { data } = component;
  document.documentElement.lang = data.lang;
  if (window.manualchatKeys) return;
  window.manualchatKeys = true;
  // While a syllable is being composed, Enter finishes the syllable; it does not
  // send. 229 is what Safari reports for the Enter that ends a composition.
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
