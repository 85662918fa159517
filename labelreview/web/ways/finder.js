// The finder: any tag by a part of its name, among thousands; and a name that nobody has, to be proposed.
// `told.chosen(tag)`, `told.proposed(name)`, `told.left()`; `told.state(tag)`: a word about a tag, or ''; `told.say(words)`: aloud.

const MOST_FOUND = 50

function openFinder(part, told) {
  const input = part('find'), list = part('found')
  let vocabulary = []

  function close() {
    list.hidden = true
    input.setAttribute('aria-expanded', 'false')
    input.removeAttribute('aria-activedescendant')
  }

  function found(text) { // those that begin with it first
    const begins = [], holds = []
    for (const tag of vocabulary) {
      const at = tag.toLocaleLowerCase().indexOf(text)
      if (at === 0) begins.push(tag)
      else if (at > 0 && holds.length < MOST_FOUND) holds.push(tag)
      if (begins.length >= MOST_FOUND) break
    }
    return [...begins, ...holds].slice(0, MOST_FOUND)
  }

  function look() {
    const name = input.value.trim(), text = name.toLocaleLowerCase()
    if (!text) return close()
    const rows = found(text).map(tag => option(tag, told.state(tag), () => told.chosen(tag)))
    if (!vocabulary.some(tag => tag.toLocaleLowerCase() === text)) rows.push(newTag(name))
    rows.forEach((row, position) => { row.id = `found-${position}` })
    list.replaceChildren(...rows)
    list.hidden = false
    input.setAttribute('aria-expanded', 'true')
    point(0)
  }

  function option(tag, state, choose) {
    const row = node('li', '', node('bdi', tag), Object.assign(node('span', state), { className: 'model' }))
    row.setAttribute('role', 'option')
    row.addEventListener('click', () => { input.value = ''; close(); choose() })
    return row
  }

  // The data team gets it: one Enter, which else takes the tag that is found, is not enough.
  function newTag(name) {
    const row = option(name, say('propose'), () => told.proposed(name))
    row.dataset.ask = ''
    return row
  }

  function take(row) {
    if (!('ask' in row.dataset)) return row.click()
    delete row.dataset.ask
    row.lastChild.textContent = say('propose-again')
    told.say(say('propose-again'))
  }

  const pointed = () => [...list.children].findIndex(row => row.getAttribute('aria-selected') === 'true')

  function point(to) {
    const at = Math.max(0, Math.min(list.children.length - 1, to))
    for (const [position, row] of [...list.children].entries()) row.setAttribute('aria-selected', String(position === at))
    input.setAttribute('aria-activedescendant', list.children[at].id)
    list.children[at].scrollIntoView({ block: 'nearest' })
  }

  input.addEventListener('input', look)
  input.addEventListener('keydown', event => {
    if (event.isComposing) return
    if (event.key === 'Escape') { input.value = ''; close(); told.left() }
    else if (list.hidden) return
    else if (event.key === 'ArrowDown') point(pointed() + 1)
    else if (event.key === 'ArrowUp') point(pointed() - 1)
    else if (event.key === 'Enter') take(list.children[pointed()])
    else return
    event.preventDefault()
    event.stopPropagation()
  })

  return { close, focus() { input.focus() }, know(tags) { vocabulary = tags } }
}
