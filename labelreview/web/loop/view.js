// The view: all that touches the page beside the stage. Names, ids and notes are data: textContent, never innerHTML.

const LONG_TAG = 48

const value = label => say(VALUE[label] ?? '')

// What was done, as a key of the catalogue.
const deedKey = ({ kind, value: said, cell, also }) => kind !== 'answer' ? kind
  : isEmpty(cell) && said !== -1 && !also?.length ? 'label'
  : also?.length ? (also[0].cell.item === cell.item ? 'mended' : 'together') : said === -1 ? 'unsure' : said === cell.given ? 'keep' : 'take'
const manyOf = ({ also = [] }) => also.length + 1

function openView(root, part, evidence) {
  const loop = part('loop'), stage = part('stage'), note = part('note'), text = part('note-text')
  const put = (name, words) => { part(name).textContent = words }
  const button = action => root.querySelector(`[data-action="${action}"]`)
  const wordsOf = deed => ({ tag: deed.cell.tag, value: value(deed.value), n: manyOf(deed) })
  let lastSaid = '', lastTold = null

  function tell(told) { // what was done last: told() gives a key and its values, in the language of the moment
    const [key, values] = told()
    lastTold = told
    phrase(part('last'), key, { ...values, tag: node('bdi', values.tag) })
    lastSaid = say(key, values)
    if (!lastSaid.endsWith('.')) lastSaid += '.'
  }

  function missing(entry, cell) {
    const nothing = Boolean(entry) && !entry.image && !isText(cell)
    part('notice').hidden = !nothing
    if (!nothing) return
    part('notice-title').replaceChildren(node('bdi', cell.item)) // the id is all that there is to see
    part('notice-title').dataset.is = 'item'
    put('notice-text', entry.why || say('no-picture'))
    for (const name of OFFERS) part(name).hidden = true
  }

  function answerable(is) {
    if (loop.dataset.answerable === String(is)) return
    loop.dataset.answerable = is
    for (const name of ['keep', 'take', 'unsure', 'skip', 'flag']) button(name).disabled = !is
  }

  function marked(name, words, data = {}) {
    const made = node(name, words)
    Object.assign(made.dataset, data)
    return made
  }

  function ask(cell) {
    const tag = marked('bdi', cell.tag, { part: 'tag' })
    tag.className = 'tag'
    tag.title = cell.tag
    phrase(part('question'), aboutText('question', cell), { tag })
    part('question').dataset.long = String(cell.tag.length > LONG_TAG)
    if (cell.tag.length > LONG_TAG) part('ask').tabIndex = 0 // it may scroll
    else part('ask').removeAttribute('tabindex')
    const given = marked('b', value(cell.given), { part: 'given', value: VALUE[cell.given] })
    given.className = 'value'
    phrase(part('given-line'), isEmpty(cell) ? 'not-given' : 'given', { given, prob: marked('b', percent(cell.pred_prob), { part: 'prob' }) })
    part('meter').parentElement.hidden = cell.pred_prob === null
    part('meter').style.insetInlineStart = `${100 * (cell.pred_prob ?? 0)}%`
    for (const [action, label] of [['keep', kept(cell)], ['take', cell.suggested]]) {
      put(`${action}-text`, say(isEmpty(cell) ? 'label' : action, { value: value(label) }))
      button(action).dataset.value = VALUE[label]
    }
    put('reason', cell.reason)
    part('reason').hidden = !cell.reason
  }

  function undone(deed, what) { // with the answer that it had replaced, which holds again
    const holds = deed.kind === 'answer' && deed.cell.answers.at(-1)
    return holds ? ['undone-holds', { value: value(holds.value) }] : ['undone', { deed: say(what + deedKey(deed), wordsOf(deed)) }]
  }

  function pill(cell, deed) {
    const answer = cell.answers.at(-1)
    const words = deed ? say(...undone(deed, 'short-'))
      : answer ? say('answered', { value: value(answer.value) }) : cell.flagged ? say('flagged') : ''
    part('answered').hidden = !words
    put('answered', words)
  }

  return {
    focus() { stage.focus({ preventScroll: true }) },
    wire(act, flag, offered) { // offered: what each of OFFERS does
      for (const each of root.querySelectorAll('[data-action]')) {
        each.addEventListener('click', () => { act(each.dataset.as ?? each.dataset.action); if (each.closest('.verdicts') && note.hidden) this.focus() })
      }
      text.addEventListener('keydown', event => {
        if (event.isComposing || (event.key !== 'Enter' && event.key !== 'Escape')) return
        event.preventDefault()
        event.stopPropagation()
        flag(event.key === 'Enter' ? text.value : '')
      })
      note.addEventListener('submit', event => event.preventDefault())
      part('note-save').addEventListener('click', () => flag(text.value))
      part('note-cancel').addEventListener('click', () => flag(''))
      for (const name of OFFERS) part(name).addEventListener('click', offered[name])
    },
    keys(keys, rows) { // what the buttons say
      for (const sign of ['back', 'ahead']) part(`${sign}-sign`).hidden = part(`${sign}-sign`).textContent === keys.cap(sign) // the key says it
      for (const { action, does } of rows) {
        const cap = keys.cap(action)
        for (const each of root.querySelectorAll(`[data-action="${action}"]`)) {
          if (each.querySelector('kbd')) each.querySelector('kbd').textContent = cap
          each.setAttribute('aria-keyshortcuts', keys.keyOf(action).replace(/(?<=^|\+)[a-z]$/, letter => letter.toUpperCase()))
          each.title = `${does} (${cap})`
          if (!each.querySelector('span:not([aria-hidden])')) each.setAttribute('aria-label', does)
        }
      }
    },
    show(cell, entry, undone) {
      loop.dataset.state = entry ? 'ready' : 'loading'
      loop.dataset.item = cell.item
      loop.dataset.tag = cell.tag
      part('ask').hidden = false
      answerable(true)
      missing(entry, cell)
      ask(cell)
      evidence.show(cell)
      pill(cell, undone)
      part('clash').hidden = true
    },
    clash(cell, said) { // an answer that breaks an agreed rule, and what would keep it
      const wanted = cell.mends[said].map(({ tag, to }) => `${tag}: ${value(to)}`).join(', ')
      phrase(part('clash-text'), 'clash', { tag: node('bdi', cell.tag), value: value(said), wanted: node('bdi', wanted) })
      put('mend-text', say('mend', { value: value(said), n: cell.mends[said].length }))
      put('alone-text', say('alone', { value: value(said) }))
      button('alone').dataset.as = said === kept(cell) ? 'keep' : 'take'
      part('clash').hidden = false
      put('live', part('clash-text').textContent)
    },
    painted(is, cell) {
      loop.dataset.painted = is ? '1' : '0'
      if (!is) return
      evidence.painted(cell)
      if (document.activeElement === document.body) this.focus()
      const words = { tag: cell.tag, given: value(cell.given), prob: percent(cell.pred_prob), item: cell.item }
      put('live', `${lastSaid} ${say(aboutText(isEmpty(cell) ? 'announce-empty' : 'announce', cell), words)}`)
    },
    notice(state, title, words, offers = {}) {
      loop.dataset.state = state
      delete loop.dataset.item
      part('ask').hidden = part('answered').hidden = part('clash').hidden = true
      answerable(false)
      evidence.clear()
      part('notice').hidden = false
      for (const name of OFFERS) part(name).hidden = !offers[name]
      put('notice-title', title)
      part('notice-title').dataset.is = ''
      put('notice-text', words)
      put('live', `${lastSaid} ${title}. ${words}`)
    },
    last(key, values = {}) { tell(() => [key, values]) },
    respeak() { if (lastTold) tell(lastTold) }, // in another language
    did(deed) { tell(() => [`did-${deedKey(deed)}`, wordsOf(deed)]) },
    tookBack(deed) { tell(() => undone(deed, 'did-')) },
    counts(counts, pace, skipped) {
      const { answered, total } = counts ?? { answered: 0, total: 0 }
      part('bar').style.inlineSize = `${total ? 100 * answered / total : 0}%`
      const parts = [say('counts', { answered: number(answered), total: number(total), left: number(total - answered) })]
      if (skipped) parts.push(say('put-off', { n: number(skipped) }))
      if (pace) parts.push(say('pace', { n: number(pace) }))
      put('counts', counts ? parts.join(' · ') : '')
    },
    saved({ trouble, refused, at }, { size, durable }) {
      loop.dataset.pending = size
      const parts = [size ? say('waiting', { n: number(size) }) : say('saved')]
      if (!size && at) parts.push(say('synced', { time: new Date(at).toLocaleTimeString(language, { timeStyle: 'short' }) }))
      if (trouble?.kind === 'routes') parts.push(trouble.message)
      else if (trouble) parts.push(!size ? trouble.message : say(durable ? 'trying-kept' : 'trying', { trouble: trouble.message }))
      if (!durable) parts.push(say('not-kept'))
      if (refused) parts.push(say('refused', { n: refused }))
      part('saved').dataset.tone = trouble || refused || !durable ? 'warn' : size ? 'busy' : 'calm'
      put('saved', parts.join(' · '))
    },
    accepted(count) { loop.dataset.accepted = count },
    askNote(open) {
      note.hidden = !open
      text.value = ''
      if (open) text.focus()
      else this.focus()
    },
    swiping(action, far) {
      const badge = part('swipe')
      badge.hidden = !action
      badge.style.opacity = 0.25 + 0.75 * far
      badge.dataset.ready = String(far >= 1)
      badge.dataset.side = action
      if (action) {
        badge.dataset.value = button(action).dataset.value
        badge.textContent = `${action === 'keep' ? '✓' : '⇄'} ${part(`${action}-text`).textContent}`
      }
    },
    evidence: () => evidence.fold(),
  }
}
