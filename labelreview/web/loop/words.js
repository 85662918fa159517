// Words: what the catalogue (labelreview/web/words) holds for this component, in the reviewer's language.

let catalogue = {}, language = 'en'

function speak(words, tongue) { catalogue = words; language = tongue }

function say(key, values = {}) {
  return (catalogue[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole)
}

const number = value => value.toLocaleString(language)

// Puts the words where the html names them: data-word for text, data-label for what screen readers and a pause show.
function write(root) {
  for (const element of root.querySelectorAll('[data-word]')) element.textContent = say(element.dataset.word)
  for (const element of root.querySelectorAll('[data-label]')) element.setAttribute('aria-label', say(element.dataset.label))
  for (const element of root.querySelectorAll('[data-hint]')) element.placeholder = say(element.dataset.hint)
}

// A sentence with elements in it: phrase(h2, 'question', { tag: <bdi> }).
function phrase(element, key, parts) {
  element.replaceChildren(...say(key).split(/(\{\w+\})/).map(piece => parts[piece.slice(1, -1)] ?? piece))
}

const node = (name, text, ...inside) => { // text: data, never html
  const made = document.createElement(name)
  if (text) made.textContent = text
  made.append(...inside)
  return made
}
