// What the grid and the whole item share beyond the loop's own files: one outbox, one table of keys with the loop's presets, the footer, the
// seconds somebody looked, and the life of the component.
//
//   const way = openWay(root, told)     told: actions { name: function } · onKey(event, chord): true when it was taken
//                                       begin(): a new filter · more(): ask again · empty(): nothing on screen · fit() · scrolled() · stopped()
//   way.mount(data, setTriggerValue)    gives a generation · way.stop(generation)

const RENEW = 45000, IDLE_AFTER = 300000   // leases are good for two minutes, and are let go by who sits idle

function mountWay(start) { // the module's default export: one component an element, for as long as it lives
  const all = new WeakMap()
  return ({ parentElement, data, setTriggerValue }) => {
    const way = all.get(parentElement) ?? start(parentElement)
    all.set(parentElement, way)
    const generation = way.mount(data, setTriggerValue)
    return () => { if (way.stop(generation)) all.delete(parentElement) }
  }
}

function openWay(root, told) {
  const part = name => root.querySelector(`[data-part="${name}"]`)
  const put = (name, words) => { part(name).textContent = words }
  let config = null, keys = null, renew = null, scope = '', filter = '', generation = 0, stopped = false, round = 0, counts = null
  let shownAt = 0, away = 0, hiddenAt = 0, active = Date.now(), askedAt = 0
  const sheet = openKeySheet(part, () => told.focus?.('help'))
  const talk = openTalk(() => ({ ...config, renew }))
  const sender = openSender(talk, { changed: footer, stored() { if (!stopped) { told.stored?.(); told.more() } } })

  function footer() {
    const { trouble, refused } = sender.state, waiting = sender.box?.size ?? 0
    part('way').dataset.pending = waiting
    part('saved').dataset.tone = refused || (trouble && trouble.kind !== 'token') ? 'warn' : 'calm'
    put('saved', refused ? say('refused', { n: number(refused) }) : !waiting ? say('all-saved')
      : trouble ? say('kept-here', { n: number(waiting) }) : say('saving', { n: number(waiting) }))
    put('counts', counts ? say('counts', { answered: number(counts.answered), total: number(counts.total) }) : '')
  }

  // A batch of questions; null when it came too late or did not come. `settled`: nothing was on its way while it was made.
  async function ask(word, body) {
    if (stopped) return null // nothing is leased to a page that has gone
    const mine = round, settled = !sender.box.size
    try {
      const shape = await talk.ask('POST', word, { body: { ...config.filters, ...body, holder: await me } })
      if (mine !== round || stopped) return null
      askedAt = Date.now()
      if (!counts || (settled && !sender.box.size)) counts = { answered: shape.answered, total: shape.total }
      footer()
      return shape
    } catch (error) {
      if (!(error instanceof Trouble)) throw error
      if (mine !== round || stopped) return null
      if (told.empty()) notice(...whyTrouble(error))
      if (error.kind !== 'refused') setTimeout(() => { if (mine === round && !stopped) told.more() }, 1500)
      return null
    }
  }

  function notice(title, text, offers = {}) {
    part('notice').hidden = false
    put('notice-title', title)
    put('notice-text', text)
    tell(`${title}. ${text}`)
    for (const name of OFFERS) part(name).hidden = !offers[name]
  }

  function tell(words) { put('live', [part('last').textContent, words].filter(Boolean).join('. ')) } // what was done, what is asked

  function nothing() { // why there is nothing to show
    if (counts) notice(...whyNothing(counts, config))
    else notice(say('fetching'), '')
  }

  // ---- keys and buttons

  function onKey(event) {
    if (isForeign(event) || !root.host.isConnected) return
    const target = event.composedPath()[0], chord = chordOf(event), action = keys.actionOf(chord)
    const dialog = root.querySelector('dialog[open]')
    if (dialog) {
      if (sheet.onKey(event)) { event.preventDefault(); return event.stopImmediatePropagation() }
      if (chord !== 'Escape' && action !== dialog.dataset.key) return
      dialog.close()
    } else {
      if (takesText(target) || document.querySelector('[role=dialog]')) return
      if (target.closest?.('button') && (chord === 'Enter' || chord === ' ')) return
      if (chord.startsWith('Arrow') && target.closest?.('[role=radiogroup],[role=slider],[role=menu],[role=tablist],canvas')) return
      if (action) { if (!event.repeat || /^(left|right|up|down)$/.test(action)) act(action) } // a reviewer's own keys before the fixed ones
      else if (!told.onKey(event, chord) && chord !== 'r' && chord !== 'c') return
    }
    event.preventDefault()
    event.stopImmediatePropagation() // R and C, which are Streamlit's, included
  }

  function act(name) {
    active = Date.now()
    if (name === 'help') sheet.toggle()
    else told.actions[name]?.()
  }

  function describeKeys() {
    for (const { action, does } of config.keys.rows) {
      const button = root.querySelector(`[data-action="${action}"]`)
      if (!button) continue
      button.querySelector('kbd').textContent = keys.cap(action)
      button.title = does
      button.setAttribute('aria-keyshortcuts', keys.keyOf(action).replace(' ', 'Space'))
    }
  }

  // ---- the window's events

  function onVisible() {
    if (document.visibilityState === 'hidden') { hiddenAt = performance.now(); sender.flush(); return }
    if (hiddenAt) away += performance.now() - Math.max(hiddenAt, shownAt)
    hiddenAt = 0
    wake()
  }

  function wake() {
    if (!config) return
    sender.wake()
    if (askedAt && Date.now() - askedAt > RENEW && Date.now() - active < IDLE_AFTER) told.more(true)
  }

  const heartbeat = setInterval(() => { if (document.visibilityState === 'visible') wake() }, 15000)
  const leave = () => sender.leave()
  const listeners = [[window, 'keydown', onKey, true], [window, 'online', wake], [window, 'pagehide', leave], [window, 'pageshow', event => { if (event.persisted) { sender.wake(); told.more(true) } }],
                     [window, 'scroll', () => told.scrolled?.(), true], [document, 'visibilitychange', onVisible]]
  for (const [target, name, listener, capture] of listeners) target.addEventListener(name, listener, capture)
  const settle = fillWindow(root, part('way'), told.fit)
  for (const button of root.querySelectorAll('[data-action]')) {
    button.addEventListener('click', () => { act(button.dataset.action); if (!root.querySelector('dialog[open]')) told.focus?.(button.dataset.action) })
  }
  const offered = { again: () => told.more(true), all: () => renew('all', Date.now()), lift: () => withoutFilters(config) }
  for (const name of OFFERS) part(name).addEventListener('click', offered[name])

  async function begin() {
    const mine = ++round
    counts = null
    told.begin()
    await Promise.race([sender.flush(), new Promise(resolve => setTimeout(resolve, 2000))])
    if (mine !== round || stopped) return
    await talk.ask('POST', 'release', { body: { holder: await me } }).catch(() => {}) // what another filter held
    if (mine === round && !stopped) told.more()
  }

  return {
    cap: action => keys.cap(action),
    part, put, talk, ask, notice, nothing, tell,
    get config() { return config },
    get counts() { return counts },
    count(more) { if (counts) counts.answered += more; footer() },
    waiting: () => sender.box.answered(),
    get pending() { return sender.box.size },
    send(events) { sender.add(...events) },
    shown(detail) { // what is asked about has been painted: from now on keys count, and time
      part('way').dataset.painted = 1
      shownAt = performance.now()
      away = 0
      window.dispatchEvent(new CustomEvent('labelreview:painted', { detail }))
    },
    hidden() { part('way').dataset.painted = 0 },
    seconds: () => Math.max(0, (performance.now() - shownAt - away) / 1000),
    mount(data, setTriggerValue) {
      const fresh = data.token !== config?.token, person = `${data.project}/${encodeURIComponent(data.reviewer)}`
      config = data
      renew = setTriggerValue
      speak(data.words, data.language)
      write(root)
      keys = openKeys(data.keys, encodeURIComponent(data.reviewer), `${data.way}.`)
      describeKeys()
      sheet.use(keys, config, (...what) => renew(...what), () => { describeKeys(); told.keys?.() })
      if (person !== scope) { scope = person; sender.open(person).adopt() }
      if (fresh) { talk.renewed(); sender.flush() }
      const wanted = JSON.stringify([data.project, data.reviewer, data.version, data.filters, data.language])
      if (wanted !== filter) { filter = wanted; begin() }
      return ++generation
    },
    stop(of) { // React may clean up after an update: only the newest generation ends it
      if (of !== generation || stopped) return false
      leave()
      stopped = true
      clearInterval(heartbeat)
      settle()
      sender.stop()
      told.stopped?.()
      for (const [target, name, listener, capture] of listeners) target.removeEventListener(name, listener, capture)
      return true
    },
  }
}
