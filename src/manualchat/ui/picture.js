// Shows the picture of a page, scrolled to its mark, with a button to enlarge it.
export default function (component) {
  const { data, parentElement } = component;
  const image = parentElement.querySelector("img");
  const frame = parentElement.querySelector(".frame");
  const mark = parentElement.querySelector(".mark");
  const zoom = parentElement.querySelector("button");
  image.alt = data.alt;
  frame.setAttribute("aria-label", data.alt);
  zoom.textContent = frame.classList.contains("large") ? data.fit : data.zoom;
  zoom.onclick = () => {
    const large = frame.classList.toggle("large");
    zoom.textContent = large ? data.fit : data.zoom;
    zoom.setAttribute("aria-pressed", String(large));
    show("instant");
  };
  const show = (behavior) => {
    if (data.top === null) return;
    const height = image.clientHeight;
    frame.scrollTo({
      top: Math.max(0, data.top * height - frame.clientHeight * 0.3),
      left: Math.max(0, data.left * image.clientWidth - 24),
      behavior,
    });
  };
  mark.style.top = `${(data.top ?? 0) * 100}%`;
  if (image.dataset.key !== data.key) {
    image.dataset.key = data.key;
    image.onload = () => {
      // A whole page in the width of a phone cannot be read: begin enlarged.
      if (frame.clientWidth < 480 && !frame.classList.contains("large")) zoom.click();
      show("instant");
      frame.dataset.ready = data.key;
    };
    image.src = `data:image/png;base64,${data.png}`;
  }
}
