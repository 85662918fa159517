// The review loop: one cell after the other. It shows what queue.js holds, takes the keys, and hands every answer to the
// outbox, which sends it until the server has stored it.
//
//   key -> decide -> outbox (localStorage) -> next picture on screen        nothing here waits for the network
//                      \-> sender.flush: one request at a time, in order, again until it is stored

const loops = new WeakMap()

export default function ({ parentElement, data, setTriggerValue }) {
  const loop = loops.get(parentElement) ?? startLoop(parentElement)
  loops.set(parentElement, loop)
  const generation = loop.update(data, setTriggerValue)
  return () => { if (loop.stop(generation)) loops.delete(parentElement) }
}

// How long an answer took: from the picture on screen, without the time that the tab was hidden.
function openTimer() {
  let shownAt = 0, away = 0, hiddenAt = document.visibilityState === 'hidden' ? performance.now() : 0, times = []
  return {
    begin() { shownAt = performance.now(); away = 0 },
    hide() { hiddenAt = performance.now() },
    back() {
      if (hiddenAt) away += performance.now() - Math.max(hiddenAt, shownAt)
      hiddenAt = 0
    },
    get seconds() { return Math.max(0, (performance.now() - shownAt - away) / 1000) },
    count() {
      const now = Date.now()
      if (times.length && now - times.at(-1) > 60000) times = []
      times = [...times.slice(-29), now]
    },
    get pace() { // answers a minute
      const span = times.at(-1) - times[0]
      return times.length < 5 || !span ? 0 : Math.round(60000 * (times.length - 1) / span)
    },
  }
}

function startLoop(root) {
  const part = name => root.querySelector(`[data-part="${name}"]`)
  let config = null, renew = null, generation = 0, scope = '', filter = '', stopped = false
  let onScreen = null, noted = null, painted = false, showing = 0, accepted = 0, undoing = false, keys = null, clash = null

  const pictures = openPictures(), timer = openTimer()
  const sheets = openSheets(root, part, () => view.focus())
  const talk = openTalk(() => ({ ...config, renew }))
  const beside = openBeside(part, talk, {
    next: () => queue.window(pictures.ahead).filter(cell => cell !== onScreen && isOpen(cell)),
    settle: value => act(value ? 'both-yes' : 'both-no'), cap: action => keys.cap(action), pins: () => config.pins, focus: () => view.focus(),
  })
  const view = openView(root, part, openEvidence(part, beside))
  const sender = openSender(talk, { changed: saved, stored: answer => { queue.stored(answer); beside.learned() } })
  const queue = openQueue(talk, sender, { filters: () => config.filters, arrived, failed })
  const history = openHistory(talk, sender, queue)
  const stage = openStage(part, {
    whole: cell => talk.ask('GET', 'text', { query: `?item=${encodeURIComponent(cell.item)}` }),
    larger: () => onScreen ? pictures.larger(onScreen) : Promise.resolve(null),
    swiped: action => act(action),
    swiping: (action, far) => view.swiping(painted ? action : '', far),
  })

  function saved() { if (sender.box) view.saved(sender.state, sender.box) }

  // ---- what the queue brings

  function arrived() {
    if (!onScreen && queue.any) return advance(-1)
    view.counts(queue.counts, timer.pace, queue.skipped)
    if (!onScreen) nothing()
    else {
      if (painted) preload()
      queue.topUp()
    }
    recovered()
  }

  function recovered() {
    if (sender.state.trouble && !sender.box.size) { sender.state.trouble = null; saved() }
  }

  function failed(error) {
    sender.state.trouble = error
    if (!onScreen) { stage.place(null); view.notice('trouble', ...whyTrouble(error)) }
    saved()
  }

  function advance(by) { // by: -1 from before where we are, 0 from there
    queue.advance(by)
    show()
    recovered()
  }

  // ---- showing

  function show(undone) {
    const mine = ++showing, cell = queue.current
    onScreen = cell ?? null
    painted = false
    clash = null
    view.painted(false)
    view.counts(queue.counts, timer.pace, queue.skipped)
    if (!cell) { stage.place(null); return nothing() }
    const picture = pictures.of(cell)
    const place = () => {
      if (mine !== showing || stopped) return
      stage.place(picture.image, cell)
      view.show(cell, picture, undone)
      requestAnimationFrame(() => { if (mine === showing && !stopped) shown(cell) })
    }
    if (picture.image || picture.why !== null) return place()
    stage.place(null)
    view.show(cell, null, undone) // the question at once; keys wait for its picture
    picture.ready.then(place)
  }

  function shown(cell) {
    painted = true
    timer.begin()
    stage.shown()
    view.painted(true, cell)
    window.dispatchEvent(new CustomEvent('labelreview:painted', { detail: { item: cell.item, tag: cell.tag, accepted } }))
    setTimeout(preload, 0)
  }

  function preload() {
    const near = queue.window(pictures.ahead)
    pictures.keep(near)
    for (const cell of near) pictures.of(cell)
  }

  function nothing() {
    if (queue.counts) view.notice('empty', ...whyNothing(queue.counts, config))
    else view.notice('loading', say('fetching'), '')
  }

  // ---- what the keys do

  const actions = {
    keep: () => decide(kept),
    take: () => decide(cell => cell.suggested),
    unsure: () => decide(() => -1),
    skip,
    undo,
    back: () => { if (queue.step(-1)) show() },
    ahead: () => { if (queue.step(1)) show() },
    flag: () => { if (onScreen && painted) { noted = onScreen; view.askNote(true) } },
    history: () => sheets.history(history.deeds, cell => { queue.bring(cell); show() }),
    evidence: () => view.evidence(),
    'both-yes': () => together(1),
    'both-no': () => together(0),
    pin,
    mend,
    help: () => sheets.help(),
    ...stage.actions,
  }

  function act(name) {
    queue.pressed()
    actions[name]?.()
  }

  function about(cell) {
    return { uid: newId(), item: cell.item, tag: cell.tag, at: new Date().toISOString(), screen: cell.screen ?? 'review' }
  }

  const shownThen = cell => ({ given: cell.given, pred_prob: cell.pred_prob, score: cell.score })

  function decide(choose) {
    const cell = onScreen
    if (!cell || !painted) return
    const value = choose(cell)
    if (cell.mends?.[value] && clash !== value) return warn(cell, value) // the same key once more: this alone
    answer(cell, value, [])
  }

  function warn(cell, value) { // it would break an agreed rule: the consistent set is one key away
    clash = value
    view.clash(cell, value)
  }

  function mend() {
    const cell = onScreen
    if (!cell || !painted) return
    if (clash === null) return view.last('nothing-to-mend')
    answer(cell, clash, cell.mends[clash].map(({ tag, to, given, pred_prob }) => ({ value: to, cell:
      queue.known(cellKey({ item: cell.item, tag })) ?? { item: cell.item, tag, given, pred_prob, score: null, answers: [], flagged: null } })))
  }

  // A value for a cell, and what the same key settles with it: [{ cell, value }]. Each becomes an answer of its own.
  function answer(cell, value, others) {
    const at = new Date().toISOString(), seconds = timer.seconds / (others.length + 1)
    const events = [{ cell, value, screen: about(cell).screen }, ...others.map(other => ({ ...other, screen: TOGETHER }))]
      .map(({ cell: of, value: said, screen }) => {
        const event = { ...about(of), at, screen, verdict: VERDICT[said], seconds, ...shownThen(of) }
        const counted = of.answers.length ? 0 : queue.count(of)
        of.answers.push({ uid: event.uid, value: said })
        return { of, event, counted }
      })
    const [{ event: first, counted }, ...rest] = events
    timer.count()
    view.accepted(++accepted)
    const also = rest.map(({ of, event, counted: too }) => ({ uid: event.uid, cell: of, counted: too }))
    done(cell, { uid: first.uid, cell, kind: 'answer', value, counted, also })
    for (const { event } of events) sender.add(event)
  }

  function together(value) { // the pictures that are as good as the same, and carry another label
    const cell = onScreen
    if (!cell || !painted) return
    const others = beside.twins.map(twin => ({ value, cell: queue.known(cellKey({ item: twin.item, tag: cell.tag }))
      ?? { item: twin.item, tag: cell.tag, given: twin.given, pred_prob: twin.pred_prob, score: null, answers: [], flagged: null } }))
    if (!others.length) return view.last('no-twins')
    answer(cell, value, others)
  }

  async function pin() { // the picture on screen as an example of what was answered; once more: no longer
    const cell = onScreen, value = cell?.answers.at(-1)?.value
    if (!cell) return
    if (!certain(value)) return view.last('pin-first')
    const to = cell.pinned === value ? null : value, trouble = await beside.pin(to, { item: cell.item, tag: cell.tag })
    if (!trouble) cell.pinned = to
    view.last(trouble ? 'not-pinned' : to === null ? 'unpinned' : to ? 'pinned-yes' : 'pinned-no', { trouble: trouble?.message })
  }

  function done(cell, deed) {
    cell.touched = true
    history.add(deed)
    view.did(deed)
    if (cell === onScreen) advance(0)
  }

  function skip() {
    const cell = onScreen
    if (!cell || !painted) return
    if (isOpen(cell)) queue.skip(cell)
    done(cell, { uid: newId(), cell, kind: 'skip' })
  }

  function flag(words) {
    const cell = noted, note = words.trim() // of the cell that it was begun for: another may be on screen by now
    view.askNote(false)
    if (!cell || !note) return
    const event = { ...about(cell), verdict: null, note, ...shownThen(cell) }
    cell.flagged = event.uid
    done(cell, { uid: event.uid, cell, kind: 'flag', note })
    sender.add(event)
  }

  async function undo() {
    if (undoing) return
    undoing = true
    try {
      const deed = await history.undo()
      if (!deed) return view.last('nothing-to-undo')
      queue.bring(deed.cell)
      view.tookBack(deed)
      show(deed)
      if (deed.kind === 'skip') return undefined
      for (const { cell, uid } of [deed, ...(deed.also ?? [])]) sender.add({ ...about(cell), verdict: null, undoes: uid })
    } finally { undoing = false }
  }

  // ---- the window's events

  function onKey(event) {
    if (isForeign(event) || !root.host.isConnected) return
    const target = event.composedPath()[0]
    if (sheets.open) {
      if (!sheets.onKey(event)) return event.stopImmediatePropagation()
    } else {
      if (takesText(target) || [...document.querySelectorAll('[role=dialog]')].some(dialog => dialog.checkVisibility())) return
      const chord = chordOf(event), action = chord === 'Escape' && !part('adjust').hidden ? 'adjust' : keys.actionOf(chord)
      if (!action && chord !== 'r' && chord !== 'c') return
      if (chord.includes('Arrow') && target.closest?.(OWN_ARROWS)) return
      if (action && (!event.repeat || /^(zoom|pan)-/.test(action))) act(action)
    }
    event.preventDefault()
    event.stopImmediatePropagation() // R and C, which are Streamlit's, included
  }

  function onVisible() {
    if (document.visibilityState === 'hidden') { timer.hide(); sender.flush(); return }
    timer.back()
    wake()
  }

  function wake() {
    if (!config) return
    sender.wake()
    queue.renew()
  }

  const onReturn = event => { if (event.persisted) { queue.stale(); wake() } }
  const onLeave = () => sender.leave()
  const onBeforeUnload = event => { if (sender.box?.size && !sender.box.durable) event.preventDefault() }
  const heartbeat = setInterval(() => { if (document.visibilityState === 'visible') wake() }, 15000)
  const listeners = [
    [window, 'keydown', onKey, true], [window, 'online', wake], [window, 'pagehide', onLeave], [window, 'pageshow', onReturn],
    [window, 'beforeunload', onBeforeUnload], [document, 'visibilitychange', onVisible],
  ]
  for (const [target, name, listener, capture] of listeners) target.addEventListener(name, listener, capture)
  const settle = fillWindow(root, part('loop'))
  view.wire(act, flag, {
    again() { queue.stale(); queue.refill() },
    all: () => renew('all', Date.now()),
    lift: () => withoutFilters(config),
  })

  // ---- from Streamlit: configuration and a token

  async function begin(anew) {
    const mine = queue.restart()
    sender.state.trouble = null
    if (anew) { noted = null; history.restart(); sender.box.adopt(); stage.open(config.project) }
    show()
    saved()
    await Promise.race([sender.flush(), new Promise(resolve => setTimeout(resolve, 2000))])
    if (mine !== queue.round || stopped) return
    // what this tab held under another filter is for whoever asks next
    await talk.ask('POST', 'release', { body: { holder: await me } }).catch(() => {})
    if (mine !== queue.round || stopped) return
    await queue.refill()
    if (mine === queue.round && anew && history.empty) await history.recall()
  }

  function dress() { // words and keys
    speak(config.words, config.language)
    write(root)
    view.respeak()
    keys = openKeys(config.keys, encodeURIComponent(config.reviewer))
    const name = () => view.keys(keys, config.keys.rows)
    name()
    sheets.keys(keys, config, (...what) => renew(...what), name)
  }

  return {
    update(data, setTriggerValue) {
      const person = `${data.project}/${encodeURIComponent(data.reviewer)}`
      const wanted = JSON.stringify([data.version, data.filters, data.language])
      const anew = person !== scope, fresh = !config || data.token !== config.token, tongue = config?.language !== data.language
      config = data
      renew = setTriggerValue
      if (anew || tongue) dress()
      if (anew) { scope = person; sender.open(person) }
      if (anew || wanted !== filter) {
        if (filter) view.focus() // from the filter that was just chosen, so that the next key is an answer
        filter = wanted
        begin(anew)
      }
      else if (fresh) { talk.renewed(); sender.wake(); if (!onScreen) queue.refill() }
      return ++generation
    },
    stop(of) { // React may clean up after an update: only the newest generation ends the loop
      if (of !== generation || stopped) return false
      sender.leave()
      stopped = true
      sender.stop()
      queue.stop()
      beside.leave()
      pictures.keep([])
      clearInterval(heartbeat)
      settle()
      for (const [target, name, listener, capture] of listeners) target.removeEventListener(name, listener, capture)
      return true
    },
  }
}
