// Two sheets over the loop: the keys, which may be changed there, and the list of what was done.

function openSheets(root, part, focus) {
  const help = part('help'), history = part('history'), look = part('look')
  let rows = [], keys = null, changed = () => {}, waiting = '' // the action that waits for its new key

  const tell = words => {
    part('help-told').textContent = words || say('change-hint')
    part('help-told').dataset.tone = words ? '' : 'hint'
  }

  function list() {
    part('help-list').replaceChildren(...rows.flatMap(({ action, does }) => {
      const cap = node('button', '', node('kbd', action === waiting ? '…' : keys.cap(action)))
      cap.type = 'button'
      cap.setAttribute('aria-label', say('change-key', { does, key: keys.cap(action) }))
      cap.addEventListener('click', () => { waiting = action; tell(say('press', { does })); list(); focusOn(action) })
      cap.dataset.key = action
      return [node('dt', '', cap), node('dd', does)]
    }))
    const own = keys.changed ? [['', say('preset-own')]] : []
    options(part('preset'), [...own, ...keys.presets.map(name => [name, say(`preset-${name}`)])], keys.changed ? '' : keys.preset)
  }

  function stepTo(step) { // up or down the list of answers
    const lines = [...part('deeds').querySelectorAll('button')]
    lines[lines.indexOf(root.activeElement) + step]?.focus()
  }

  const focusOn = action => part('help-list').querySelector(`[data-key="${action}"]`).focus()

  function options(select, pairs, chosen) {
    select.replaceChildren(...pairs.map(([name, words]) => Object.assign(node('option', words), { value: name })))
    select.value = chosen
  }

  function take(event) { // the key that an action waits for
    if (['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return
    const action = waiting, does = name => rows.find(row => row.action === name).does
    waiting = ''
    if (event.key === 'Escape' || event.key === 'Tab') tell('')
    else {
      const why = keys.change(action, chordOf(event)), key = event.key.length === 1 ? event.key.toUpperCase() : event.key
      tell(!why ? say('key-set', { key: keys.cap(action), does: does(action) })
        : why === 'reserved' || why === 'unusable' ? say(`key-${why}`, { key }) : say('key-taken', { key, does: does(why) }))
      if (!why) changed()
    }
    list()
    focusOn(action)
  }

  part('preset').addEventListener('change', () => {
    if (!part('preset').value) return
    keys.use(part('preset').value)
    tell(say('preset-used'))
    list()
    changed()
  })
  for (const sheet of [help, history]) {
    sheet.addEventListener('close', () => { waiting = ''; tell(''); focus() })
    sheet.addEventListener('click', event => { if (event.target === sheet) sheet.close() })
  }
  part('help-close').addEventListener('click', () => help.close())
  part('history-close').addEventListener('click', () => history.close())

  return {
    get open() { return help.open || history.open || look.open },
    keys(table, of, then, languages, speak) {
      ({ rows } = table)
      keys = of
      changed = then
      options(part('language'), languages, language)
      part('language').onchange = () => speak(part('language').value)
      tell('')
      list()
    },
    help() { if (help.open) help.close(); else { tell(''); list(); help.showModal() } },
    history(deeds, look) {
      part('history-none').hidden = deeds.length > 0
      part('deeds').replaceChildren(...[...deeds].reverse().slice(0, 100).map(deed => {
        const line = node('span'), words = { tag: node('bdi', deed.cell.tag), value: value(deed.value), n: manyOf(deed) }
        phrase(line, `did-${deedKey(deed)}`, words)
        const go = node('button', '', line, node('small', '', node('bdi', deed.note ? `${deed.cell.item} · ${deed.note}` : deed.cell.item)))
        go.type = 'button'
        if (deed.undone) { go.dataset.undone = 'true'; go.append(node('em', say('taken-back'))) }
        go.addEventListener('click', () => { history.close(); look(deed.cell) })
        return node('li', '', go)
      }))
      history.showModal()
    },
    onKey(event) { // true when the key was for a sheet
      if (waiting) { take(event); return true }
      const action = keys.actionOf(chordOf(event))
      if (help.open && action === 'help') { help.close(); return true }
      if (history.open && action === 'history') { history.close(); return true }
      const step = history.open && { ArrowDown: 1, ArrowUp: -1 }[event.key]
      if (step) { stepTo(step); return true }
      return false
    },
  }
}
