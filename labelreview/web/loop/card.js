// The card of a document: its text at a readable measure, in the reader's size, scrolling inside the stage. A text is
// data: textContent, never innerHTML. Each paragraph finds its own direction (dir=auto).

const SIZE_KEY = 'labelreview/text-size', TEXT_SIZES = [0.85, 1, 1.15, 1.35, 1.6, 2]
const isText = cell => cell.text !== null && cell.text !== undefined
const nounOf = cell => isText(cell) && !cell.image ? 'text' : 'picture'
const aboutText = (key, cell) => nounOf(cell) === 'text' ? `${key}-text` : key // the sentence for a text instead of a picture

function openCard(stage, whole) {
  let size = 1
  try { size = TEXT_SIZES.includes(+localStorage.getItem(SIZE_KEY)) ? +localStorage.getItem(SIZE_KEY) : 1 } catch { /* blocked: the usual size */ }
  let page = null

  function resize(step) {
    size = TEXT_SIZES[Math.max(0, Math.min(TEXT_SIZES.length - 1, TEXT_SIZES.indexOf(size) + step))]
    try { localStorage.setItem(SIZE_KEY, size) } catch { /* for this visit alone */ }
    page?.style.setProperty('--text-size', size)
  }

  function button(words, label, act) {
    const made = Object.assign(node('button', words), { type: 'button' })
    made.setAttribute('aria-label', label)
    made.addEventListener('click', () => { act(); stage.focus({ preventScroll: true }) })
    return made
  }

  function fill(paper, text) {
    paper.replaceChildren(...text.split(/\r\n|[\n\r\u2028\u2029]/).map(line => Object.assign(node('p', line), { dir: 'auto' })))
  }

  function rest(cell, paper) { // what the queue left out, asked for by who wants to read it
    const left = cell.characters - [...cell.text].length
    if (left <= 0) return []
    const more = button(say('whole', { n: number(cell.characters) }), say('whole-text'), async () => {
      more.disabled = true
      try {
        const { text } = await whole(cell)
        Object.assign(cell, { text, characters: [...text].length })
        fill(paper, text)
        more.remove()
      } catch (error) { more.disabled = false; more.textContent = say('whole-again', { trouble: error.message }) }
    })
    more.className = 'more'
    return [more]
  }

  // The arrows up and down read on while the stage has the keys; left and right belong to the loop.
  const STEPS = { ArrowUp: () => -48, ArrowDown: () => 48, PageUp: h => -0.9 * h, PageDown: h => 0.9 * h, Home: () => -1e9, End: () => 1e9 }
  stage.addEventListener('keydown', event => {
    if (!page || event.ctrlKey || event.metaKey || event.altKey || event.composedPath()[0] === page) return
    if (!STEPS[event.key]) return
    page.scrollBy({ top: STEPS[event.key](page.clientHeight) })
    event.preventDefault()
  })

  return {
    clear() { page = null; stage.querySelector('.sizes')?.remove() },
    of(cell) { // a new page: it begins at its top
      this.clear()
      page = Object.assign(node('article'), { className: 'page', tabIndex: 0 })
      page.setAttribute('role', 'region')
      page.setAttribute('aria-label', say('document'))
      page.style.setProperty('--text-size', size)
      const paper = Object.assign(node('div'), { className: 'paper' })
      fill(paper, cell.text)
      page.append(paper, ...rest(cell, paper))
      const sizes = node('div', '', button('A−', say('smaller-text'), () => resize(-1)), button('A+', say('larger-text'), () => resize(1)))
      stage.append(Object.assign(sizes, { className: 'sizes' }))
      return page
    },
  }
}
