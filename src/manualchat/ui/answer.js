// Draws an answer: its text with numbered chips, and a card for each source.
// Everything that comes from a document or a model becomes a text node; nothing
// of it is ever parsed as HTML, so it can bring no picture, link or script.
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let root = parentElement.querySelector(".answer");
  if (!root) {
    root = document.createElement("div");
    root.className = "answer";
    parentElement.appendChild(root);
  }
  const drawn = JSON.stringify(data);
  if (root.dataset.drawn === drawn) return;
  root.dataset.drawn = drawn;
  root.replaceChildren();

  const open = (key) => setTriggerValue("open", key);
  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  if (data.badge) root.append(element("p", "badge", data.badge));
  for (const block of blocks(data.text)) {
    const made = element(block.tag);
    for (const line of block.lines) {
      const into = block.tag === "p" ? made : made.appendChild(element("li"));
      if (into === made && made.childNodes.length) into.append(element("br"));
      inline(into, line);
    }
    root.append(made);
  }
  if (data.cards.length) {
    const group = element("div", "cards");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", data.cardsTitle);
    group.append(element("p", "cards-title", data.cardsTitle));
    for (const card of data.cards) group.append(cardOf(card));
    root.append(group);
  }

  function cardOf(card) {
    const box = element("div", "card");
    const head = box.appendChild(element("p", "head"));
    head.append(element("span", "name", card.name), element("span", "where", card.where));
    for (const quote of card.quotes) {
      const button = box.appendChild(element("button", "quote"));
      button.type = "button";
      button.setAttribute("aria-label", `${quote.label}. ${quote.text}`);
      if (quote.number) button.append(element("span", "number", String(quote.number)));
      button.append(element("span", "words", quote.text));
      button.addEventListener("click", () => open(quote.key));
    }
    return box;
  }

  // [1] becomes a chip, **bold** bold; sentences that no source holds are marked.
  function inline(into, text) {
    let rest = text;
    for (const sentence of data.unverified) {
      const at = rest.indexOf(sentence);
      if (at < 0) continue;
      marks(into, rest.slice(0, at));
      const span = into.appendChild(element("span", "unverified"));
      marks(span, sentence);
      span.append(element("span", "tag", data.unverifiedTag));
      rest = rest.slice(at + sentence.length);
    }
    marks(into, rest);
  }

  function marks(into, text) {
    const pattern = /\[(\d{1,3})\]|\*\*([^*\n]+)\*\*/g;
    let at = 0;
    for (const found of text.matchAll(pattern)) {
      const card = found[1] && data.chips[found[1]];
      if (found[1] && !card) continue;
      const before = text.slice(at, found.index);
      if (card) {
        // A chip stays on the line of the word that it belongs to.
        const [, head, word] = before.trimEnd().match(/^([\s\S]*?)(\S{0,12})$/);
        into.append(head);
        const kept = into.appendChild(element("span", "kept", word));
        const chip = element("button", "chip", found[1]);
        chip.type = "button";
        chip.title = card.where;
        chip.setAttribute("aria-label", card.label);
        chip.addEventListener("click", () => open(card.key));
        kept.append(chip);
      } else {
        into.append(before);
        into.append(element("strong", "", found[2]));
      }
      at = found.index + found[0].length;
    }
    into.append(text.slice(at));
  }
}

// Paragraphs and simple lists of a text.
function blocks(text) {
  const made = [];
  for (const part of text.split(/\n\s*\n/)) {
    for (const line of part.split("\n")) {
      if (!line.trim()) continue;
      const item = line.match(/^\s*[-*•]\s+(.*)$/);
      const tag = item ? "ul" : "p";
      const last = made.at(-1);
      const content = item ? item[1] : line;
      if (last && last.tag === tag && last.part === part) last.lines.push(content);
      else made.push({ tag, part, lines: [content] });
    }
  }
  return made;
}
