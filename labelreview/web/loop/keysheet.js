// The sheet of the keys: what holds, changed one by one or by a preset, and the language. Its html is keys.html; any component may use it.

function openKeySheet(part, closed) {
  const sheet = part('help')
  let rows = [], keys = null, changed = () => {}
  let waiting = '', taken = '' // the action that waits for its new key, and a key that another has: to be exchanged

  const tell = words => {
    part('help-told').textContent = words || say('change-hint')
    part('help-told').dataset.tone = words ? '' : 'hint'
    part('swap').hidden = !taken
  }

  function list() {
    part('help-list').replaceChildren(...rows.flatMap(({ action, does }) => {
      const cap = node('button', '', node('kbd', action === waiting ? '…' : keys.cap(action)))
      cap.type = 'button'
      cap.setAttribute('aria-label', say('change-key', { does, key: keys.cap(action) }))
      cap.addEventListener('click', () => { waiting = action; taken = ''; tell(say('press', { does })); list(); focusOn(action) })
      cap.dataset.key = action
      return [node('dt', '', cap), node('dd', does)]
    }))
    const hand = ({ preset, mine }) => mine ? say('preset-own', { hand: say(`preset-${preset}`) }) : say(`preset-${preset}`)
    options(part('preset'), keys.choices.map(choice => [nameOf(choice), hand(choice)]), nameOf(keys.choices.find(({ held }) => held)))
  }

  const nameOf = ({ preset, mine }) => mine ? `own-${preset}` : preset
  const does = name => rows.find(row => row.action === name).does
  const focusOn = action => part('help-list').querySelector(`[data-key="${action}"]`).focus()

  function options(select, pairs, chosen) {
    select.replaceChildren(...pairs.map(([name, words]) => Object.assign(node('option', words), { value: name })))
    select.value = chosen
  }

  function take(event) { // the key that an action waits for
    if (['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return
    const chord = chordOf(event), again = taken && (chord === taken || chord === 'Enter')
    if (event.key === 'Escape' || event.key === 'Tab') done('')
    else if (again || (taken && event.composedPath()[0] === part('swap'))) swap()
    else ask(chord)
  }

  function ask(chord) { // a key that cannot be had leaves the action waiting for another
    const why = keys.change(waiting, chord), key = keys.capOf(chord), mine = does(waiting)
    if (!why) return done(say('key-set', { key, does: mine }))
    taken = why === 'reserved' || why === 'unusable' ? '' : chord
    tell(taken ? say('key-taken', { key, does: does(why) }) : say(`key-${why}`, { key }))
  }

  function swap() {
    const other = does(keys.actionOf(taken)), key = keys.capOf(taken), theirs = keys.cap(waiting)
    keys.swap(waiting, taken)
    done(say('key-swapped', { key, does: does(waiting), theirs, other }))
  }

  function done(words) {
    const action = waiting
    waiting = taken = ''
    tell(words)
    if (words) changed()
    list()
    focusOn(action)
  }

  part('swap').addEventListener('click', swap)
  part('preset').addEventListener('change', () => {
    waiting = taken = ''
    keys.use(keys.choices.find(choice => nameOf(choice) === part('preset').value))
    tell(say('preset-used'))
    list()
    changed()
  })
  sheet.addEventListener('close', () => { waiting = taken = ''; tell(''); closed() })
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
