// The sheet of the keys: what holds, changed one by one or by a preset, and the language. Its html is keys.html; any component may use it.

function openKeySheet(part, closed) {
  const sheet = part('help')
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
  sheet.addEventListener('close', () => { waiting = ''; tell(''); closed() })
  sheet.addEventListener('click', event => { if (event.target === sheet) sheet.close() })
  part('help-close').addEventListener('click', () => sheet.close())

  return {
    get open() { return sheet.open },
    use(of, config, renew, then) { // the keys, and whom to tell of another language and of changed keys
      rows = config.keys.rows
      keys = of
      changed = then
      options(part('language'), config.languages, language)
      part('language').onchange = () => {
        document.cookie = `labelreview_language=${part('language').value}; path=/; max-age=31536000; SameSite=Strict`
        renew('language', part('language').value)
      }
      tell('')
      list()
    },
    toggle() { if (sheet.open) sheet.close(); else { tell(''); list(); sheet.showModal() } },
    onKey(event) { // true when the key was for the sheet
      if (!sheet.open) return false
      if (waiting) take(event)
      else if (keys.actionOf(chordOf(event)) === 'help') sheet.close()
      else return false
      return true
    },
  }
}
