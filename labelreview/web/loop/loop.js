// The review loop. It fetches its queue, holds decoded pictures ready, takes the keys, and sends every answer from an
// outbox in localStorage until the server has stored it. Names, ids and notes are data: textContent, never innerHTML.
//
//   key -> decide -> outbox (localStorage) -> next picture on screen        nothing here waits for the network
//                      \-> flush: one request at a time, in order, again until it is stored

// Cells to hold: enough that a burst of keys never runs dry (it is filled up again at one half), and never more than a
// quarter of what is left, since what one tab holds nobody else is asked.
const FIRST = 40, FEWEST = 20, MOST = 240
const SURE = 12                               // the next ones stay, whatever a new order says: their pictures are ready
const RERANK_EVERY = 10000                    // with many reviewers the order changes often: no need to follow each time
const BEHIND = 6                              // pictures kept for looking back
const BATCH = 50, FIRST_DELAY = 200, LONGEST_DELAY = 5000
const RENEW_EVERY = 45000, IDLE = 300000      // leases are good for two minutes, and are let go by who sits idle
const ONLY_FOR_TEXT = /^(?!button|checkbox|radio|range|submit|reset|color|file|image)/
const VERDICT = { 1: 'present', 0: 'absent', '-1': 'unsure' }
const LABEL = { present: 1, absent: 0, unsure: -1 }

const loops = new WeakMap()

export default function ({ parentElement, data, setTriggerValue }) {
  const loop = loops.get(parentElement) ?? startLoop(parentElement)
  loops.set(parentElement, loop)
  const generation = loop.update(data, setTriggerValue)
  return () => { if (loop.stop(generation)) loops.delete(parentElement) }
}

class Trouble extends Error { // kind: down (try again) | token (a new one was asked for) | refused | routes
  constructor(kind, message, status = 0) { super(message); this.kind = kind; this.status = status }
}

async function tabId() { // survives a reload; a duplicated tab copies it, which the lock notices
  let id = null
  try { id = sessionStorage.getItem('labelreview/tab') } catch { /* blocked: a new id each time */ }
  if (id && navigator.locks && !await lock(id)) id = null
  if (!id) { id = newId(); if (navigator.locks) lock(id) }
  try { sessionStorage.setItem('labelreview/tab', id) } catch { /* blocked */ }
  return id
}

const lock = id => new Promise(got => navigator.locks.request(`labelreview/tab/${id}`, { ifAvailable: true }, held => {
  got(Boolean(held))
  return held ? new Promise(() => {}) : undefined // held for as long as the page lives
}).catch(() => got(true)))
const me = tabId()

function takesText(target) {
  const name = target.tagName
  return name === 'TEXTAREA' || name === 'SELECT' || target.isContentEditable || (name === 'INPUT' && ONLY_FOR_TEXT.test(target.type))
}

function keyOf(event) { // on a Cyrillic or Greek layout the place of the key counts
  if (event.key.length > 1) return event.key
  const key = event.key.toLowerCase()
  return key > '~' && event.code.startsWith('Key') ? event.code.slice(3).toLowerCase() : key
}

// ---- the loop

function startLoop(root) {
  const part = name => root.querySelector(`[data-part="${name}"]`)
  const view = openView(root, part, cell => ask('GET', 'text', { query: `?item=${encodeURIComponent(cell.item)}` }))
  const pictures = openPictures()
  let config = null, renew = null, generation = 0, scope = '', filter = '', asking = '', stopped = false
  let outbox = null, sending = false, delay = FIRST_DELAY, retry = 0, trouble = null, refused = 0, batch = BATCH
  let cells = [], known = new Map(), at = 0, counts = null, filling = null, filledAt = 0, drained = false, round = 0
  let undoable = [], older = true, undoing = false
  let revision = 0, onScreen = null, painted = false, showing = 0, shownAt = 0, away = 0, hiddenAt = 0, accepted = 0, times = [], active = Date.now()

  const current = () => cells[at]
  const isOpen = cell => !cell.answers.length && !cell.flagged

  async function ask(method, word, { query = '', body, keepalive = false } = {}) {
    const token = config.token
    let answer
    try {
      answer = await fetch(`${config.at}/${word}${query}`, {
        method, keepalive, credentials: 'same-origin', cache: 'no-store', body: body && JSON.stringify(body),
        headers: { [config.header]: token, 'Content-Type': 'application/json' }, signal: AbortSignal.timeout(15000),
      })
    } catch { throw new Trouble('down', 'The server does not answer') }
    if (!/json/.test(answer.headers.get('Content-Type') ?? '')) {
      throw answer.status < 500 ? new Trouble('routes', START) : new Trouble('down', 'The server has an error')
    }
    const shape = await answer.json().catch(() => { throw new Trouble('down', 'The answer broke off') })
    if (answer.status === 401) { askForToken(token); throw new Trouble('token', 'Waiting for a new token') }
    if (!answer.ok) throw new Trouble(answer.status >= 500 ? 'down' : 'refused', shape.error, answer.status)
    return shape
  }

  function askForToken(token) {
    if (asking === token) return
    asking = token
    renew('auth', Date.now())
    setTimeout(() => { if (asking === token) asking = '' }, 5000)
  }

  // ---- saving

  async function flush() {
    clearTimeout(retry)
    const box = outbox
    if (sending || !box?.size) return
    sending = true
    try {
      while (box.size && box === outbox && !stopped) {
        await sendBatch(box)
        delay = FIRST_DELAY
        trouble = null
        view.saved(box.size, trouble, refused, box.durable)
      }
    } catch (error) {
      trouble = error
      retry = setTimeout(flush, delay)
      delay = Math.min(2 * delay, LONGEST_DELAY)
    } finally {
      sending = false
      saved()
    }
  }

  async function sendBatch(box) {
    const events = box.first(batch)
    try {
      const { stored, revision: newest } = await ask('POST', 'decisions', { body: { holder: await me, decisions: events.map(([, event]) => event) } })
      const there = new Set(stored)
      const done = events.filter(([, event]) => there.has(event.uid)).map(([key]) => key)
      if (!done.length) throw new Trouble('down', 'Nothing was stored')
      box.remove(done)
      batch = BATCH
      if (newest > revision && Date.now() - filledAt > RERANK_EVERY) setTimeout(refill, 0)
    } catch (error) {
      if (error.kind !== 'refused' || error.status === 404) throw error // 404: the project is gone; the answers stay here
      if (events.length === 1) { box.refuse(events[0][0], error.message); refused++ }
      batch = 1 // one of them is at fault: find it, and let the others through
    }
  }

  function saved() { view.saved(outbox.size, trouble, refused, outbox.durable) }

  function emit(event) {
    outbox.add(event)
    saved()
    setTimeout(flush, 0) // after the picture
  }

  // ---- the queue

  function refill() {
    if (filling?.round !== round) {
      const running = fill(round).finally(() => { if (filling?.running === running) filling = null })
      filling = { round, running }
    }
    return filling.running
  }

  const share = () => counts ? Math.max(FEWEST, Math.min(MOST, Math.floor((counts.total - counts.answered) / 4))) : FIRST

  function topUp() {
    const ahead = cells.filter((cell, position) => position > at && isOpen(cell)).length
    const rest = drained ? 10000 : 250 // what waits in the outbox is handed out again: no use to ask at once
    if (ahead < share() / 2 && !filling) setTimeout(() => { if (!stopped) refill() }, Math.max(0, filledAt + rest - Date.now()))
  }

  async function fill(mine) {
    const settled = !outbox.size, want = share()
    const keep = cells.slice(at).filter(isOpen).slice(0, SURE).map(({ item, tag }) => [item, tag])
    try {
      const shape = await ask('POST', 'queue', { body: { ...config.filters, want, holder: await me, keep } })
      if (mine !== round || stopped) return
      filledAt = Date.now()
      revision = shape.revision
      drained = shape.cells.length < want
      if (!counts || (settled && !outbox.size)) counts = { answered: shape.answered, total: shape.total }
      take(shape.cells)
      if (trouble && !outbox.size) { trouble = null; saved() }
    } catch (error) {
      if (mine !== round || stopped) return
      if (!(error instanceof Trouble)) throw error
      trouble = error
      if (!onScreen) view.notice(...troubleText(error))
      saved()
      if (error.kind !== 'refused') setTimeout(() => { if (mine === round && !stopped) refill() }, error.kind === 'down' ? 1000 : 3000)
    }
  }

  function take(fresh) {
    const waiting = outbox.answered(), ahead = cells.slice(at + 1).filter(cell => cell.touched)
    const stay = new Set([...cells.slice(0, at + 1), ...ahead]), rest = new Set()
    for (const shape of fresh) {
      const key = cellKey(shape), cell = known.get(key)
      if (cell) Object.assign(cell, { others: shape.others, reason: shape.reason })
      if (cell ? !stay.has(cell) : !waiting.has(key)) rest.add(cell ?? remember(shape))
    }
    // what others have answered meanwhile or hold now, or what a better order puts off, is not asked here any more
    for (const cell of cells) if (!stay.has(cell) && !rest.has(cell)) known.delete(cellKey(cell))
    cells = [...stay, ...rest]
    if (!onScreen && cells.some(isOpen)) return advance(at - 1)
    view.counts(counts, pace())
    if (!onScreen) return view.notice(...emptyText())
    if (painted) preload()
    topUp()
  }

  function remember(shape) {
    const cell = { ...shape, answers: [], flagged: null, touched: false }
    known.set(cellKey(cell), cell)
    return cell
  }

  function nextOpen(from) {
    const ahead = cells.findIndex((cell, position) => position > from && isOpen(cell))
    return ahead >= 0 ? ahead : cells.findIndex(isOpen)
  }

  function advance(from) {
    const next = nextOpen(from)
    at = next >= 0 ? next : cells.length
    show()
    if (next < 0) setTimeout(refill, 0)
    else topUp()
  }

  // ---- showing

  function show() {
    const mine = ++showing, cell = current()
    onScreen = cell ?? null
    painted = false
    view.painted(false)
    view.counts(counts, pace())
    if (!cell) return view.notice(...emptyText())
    const picture = pictures.of(cell)
    const place = () => {
      if (mine !== showing || stopped) return
      view.show(cell, picture)
      requestAnimationFrame(() => { if (mine === showing && !stopped) shown(cell) })
    }
    if (picture.image || picture.why !== null) return place()
    view.show(cell, null) // the question at once; keys wait for its picture
    picture.ready.then(place)
  }

  function shown(cell) {
    painted = true
    shownAt = performance.now()
    away = 0
    view.painted(true, cell)
    window.dispatchEvent(new CustomEvent('labelreview:painted', { detail: { item: cell.item, tag: cell.tag, accepted } }))
    setTimeout(preload, 0)
  }

  function preload() {
    const window_ = cells.slice(Math.max(0, at - BEHIND), at + 1)
    for (let position = at + 1; position < cells.length && window_.length < pictures.ahead + BEHIND; position++) {
      if (isOpen(cells[position])) window_.push(cells[position])
    }
    pictures.keep(window_)
    for (const cell of window_) pictures.of(cell)
  }

  function emptyText() {
    if (!counts) return ['loading', 'Fetching the questions', '']
    const { total, answered } = counts, left = total - answered
    const { tag, direction, text, suspects } = config.filters, all = { all: suspects }
    if (!total) return ['empty', suspects ? 'No suspect matches this filter' : 'Nothing matches this filter', 'Choose another tag, direction or text above.', all]
    const done = `${number(answered)} of ${number(total)} answered. `
    if (left > 0) return ['empty', 'Nothing to ask right now', `${done}The other ${number(left)} are in other tabs (for two minutes after they close), or you put them aside with a flag.`, { again: true, all: suspects }]
    if (suspects) return ['empty', 'All suspects answered', `${done}The rest is what labels and model agree on.`, all]
    if (!tag && !direction && !text) return ['empty', 'Everything is answered', `${done}The Export page gives the corrected labels.`]
    return ['empty', 'Nothing left under this filter', `${done}Choose another tag or direction above, or undo to look again.`]
  }

  function troubleText(error) {
    if (error.kind === 'routes') return ['trouble', 'The routes are missing', error.message]
    if (error.kind === 'refused') return ['trouble', 'The questions cannot be fetched', error.message]
    return ['loading', 'Waiting for the server', `${error.message}. Trying again.`]
  }

  // ---- what the keys do

  const actions = {
    keep: () => decide(cell => cell.given),
    take: () => decide(cell => cell.suggested),
    unsure: () => decide(() => -1),
    undo,
    back: () => look(-1),
    ahead: () => look(1),
    flag: () => { if (current() && painted) view.askNote(true) },
    help: () => view.help(),
  }

  function act(name) {
    active = Date.now()
    if (active - filledAt > RENEW_EVERY && filledAt) setTimeout(refill, 0) // back from a pause: others may hold these now
    actions[name]?.()
  }

  function decide(choose) {
    const cell = current()
    if (!cell || !painted) return
    const value = choose(cell), fresh = !cell.answers.length
    const event = { ...about(cell), verdict: VERDICT[value], seconds: seconds(),
                    given: cell.given, pred_prob: cell.pred_prob, score: cell.score }
    cell.answers.push({ uid: event.uid, value })
    cell.touched = true
    undoable.push({ uid: event.uid, cell })
    if (fresh && counts && !beside(cell)) counts.answered++
    counted()
    view.last(`${value === -1 ? 'Unsure about' : value === cell.given ? `Kept ${VALUE[value]} for` : `Changed to ${VALUE[value]}:`}`, cell.tag)
    advance(at)
    emit(event)
  }

  // a question of the random audit need not be a suspect; the next batch brings the exact figures
  const beside = cell => cell.screen === 'audit' && config.filters.suspects

  function about(cell) {
    return { uid: newId(), item: cell.item, tag: cell.tag, at: new Date().toISOString(), screen: cell.screen ?? 'review' }
  }

  function seconds() { return Math.max(0, (performance.now() - shownAt - away) / 1000) }

  function counted() {
    const now = Date.now()
    accepted++
    if (times.length && now - times.at(-1) > 60000) times = []
    times = [...times.slice(-29), now]
    view.accepted(accepted)
  }

  function pace() {
    const span = times.at(-1) - times[0]
    return times.length < 5 || !span ? 0 : Math.round(60000 * (times.length - 1) / span)
  }

  async function undo() {
    if (undoing) return
    undoing = true
    try {
      if (!undoable.length) await recall()
      const last = undoable.pop()
      if (!last) return view.last('Nothing to undo', '')
      takeBack(last)
    } finally { undoing = false }
  }

  function takeBack({ uid, cell }) {
    const answered = cell.answers.length > 0
    cell.answers = cell.answers.filter(answer => answer.uid !== uid)
    if (cell.flagged === uid) cell.flagged = null
    cell.touched = true
    if (answered && !cell.answers.length && counts && !beside(cell)) counts.answered--
    let position = cells.indexOf(cell)
    if (position < 0) { position = Math.min(at, cells.length); cells.splice(position, 0, cell); known.set(cellKey(cell), cell) }
    at = position
    view.last('Took back the answer to', cell.tag)
    show()
    emit({ ...about(cell), verdict: null, undoes: uid })
  }

  async function recall() { // what this reviewer answered before this page was loaded
    if (!older) return
    const mine = round
    await flush()
    if (outbox.size) return
    const mineUids = new Set(undoable.map(({ uid }) => uid))
    const shape = await ask('GET', 'recent', { query: '?n=100' }).catch(() => null)
    if (!shape || mine !== round) return
    older = shape.decisions.length === 100
    for (const decision of shape.decisions) { // newest first
      if (mineUids.has(decision.uid)) continue
      const cell = known.get(cellKey(decision)) ?? undoable.find(each => cellKey(each.cell) === cellKey(decision))?.cell
        ?? { ...decision.cell, answers: [], flagged: null, touched: true }
      if (!cell.answers.some(answer => answer.uid === decision.uid)) cell.answers.unshift({ uid: decision.uid, value: LABEL[decision.verdict] })
      undoable.unshift({ uid: decision.uid, cell })
    }
  }

  function look(step) {
    const to = at + step
    if (to < 0 || to >= cells.length) return
    at = to
    show()
  }

  function flag(note) {
    const cell = current()
    if (!cell || !note.trim()) return view.askNote(false)
    const event = { ...about(cell), verdict: null, note: note.trim(), given: cell.given, pred_prob: cell.pred_prob, score: cell.score }
    cell.flagged = event.uid
    cell.touched = true
    undoable.push({ uid: event.uid, cell })
    view.askNote(false)
    view.last('Flagged', cell.tag)
    advance(at)
    emit(event)
  }

  // ---- the window's events

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !root.host.isConnected) return
    const target = event.composedPath()[0]
    if (view.helpOpen) {
      if (event.key !== '?' && event.key !== 'Escape') return
      view.help()
    } else {
      if (takesText(target) || document.querySelector('[role=dialog]')) return
      const key = keyOf(event), known_ = config.keys.find(row => row.key === key)
      if (!known_ && key !== 'r' && key !== 'c') return
      if (key.startsWith('Arrow') && target.closest?.('[role=radiogroup],[role=slider],[role=listbox],[role=menu],[role=grid],[role=tablist],canvas')) return
      if (known_ && !event.repeat) act(known_.action)
    }
    event.preventDefault()
    event.stopImmediatePropagation() // R and C, which are Streamlit's, included
  }

  function onVisible() {
    if (document.visibilityState === 'hidden') { hiddenAt = performance.now(); flush(); return }
    if (hiddenAt) away += performance.now() - Math.max(hiddenAt, shownAt)
    hiddenAt = 0
    wake()
  }

  function wake() {
    if (!config) return
    delay = FIRST_DELAY
    outbox.adopt()
    saved()
    flush()
    if (Date.now() - filledAt > RENEW_EVERY && Date.now() - active < IDLE) refill()
  }

  async function onLeave() {
    const holder = await me, events = outbox.first(BATCH).map(([, event]) => event)
    if (events.length) ask('POST', 'decisions', { body: { holder, decisions: events }, keepalive: true }).catch(() => {})
    ask('POST', 'release', { body: { holder }, keepalive: true }).catch(() => {})
  }

  function onReturn(event) { if (event.persisted) { filledAt = 0; wake() } }

  function onBeforeUnload(event) { if (outbox?.size && !outbox.durable) event.preventDefault() }

  const heartbeat = setInterval(() => { if (document.visibilityState === 'visible') wake() }, 15000)
  const listeners = [
    [window, 'keydown', onKey, true], [window, 'online', wake], [window, 'pagehide', onLeave], [window, 'pageshow', onReturn],
    [window, 'beforeunload', onBeforeUnload], [window, 'resize', view.fit], [document, 'visibilitychange', onVisible],
  ]
  for (const [target, name, listener, capture] of listeners) target.addEventListener(name, listener, capture)
  const resized = new ResizeObserver(view.fit) // what stands above comes, goes and wraps
  resized.observe(root.host)
  if (root.host.closest('[data-testid=stMain]')) resized.observe(root.host.closest('[data-testid=stMain]').firstElementChild)
  view.wire(act, flag, () => { filledAt = 0; refill() }, () => renew('all', Date.now()))

  // ---- from Streamlit: configuration and a token

  async function begin(anew) {
    const mine = ++round
    cells = []; known = new Map(); at = 0; counts = null; drained = false; filledAt = 0; trouble = null
    if (anew) { undoable = []; older = true; outbox.adopt() }
    show()
    saved()
    await Promise.race([flush(), new Promise(resolve => setTimeout(resolve, 2000))])
    if (mine !== round || stopped) return
    // what this tab held under another filter is for whoever asks next
    await ask('POST', 'release', { body: { holder: await me } }).catch(() => {})
    if (mine !== round || stopped) return
    await refill()
    if (mine === round && anew && !undoable.length) { undoing = true; await recall().finally(() => { undoing = false }) }
  }

  return {
    update(data, setTriggerValue) {
      const person = `${data.project}/${encodeURIComponent(data.reviewer)}`, wanted = JSON.stringify([data.version, data.filters])
      const anew = person !== scope, fresh = !config || data.token !== config.token
      config = data
      renew = setTriggerValue
      if (anew) { scope = person; outbox = openOutbox(person); view.keys(data.keys) }
      if (anew || wanted !== filter) {
        if (filter) view.focus() // from the filter that was just chosen, so that the next key is an answer
        filter = wanted
        begin(anew)
      }
      else if (fresh) { asking = ''; delay = FIRST_DELAY; flush(); if (!onScreen) refill() }
      return ++generation
    },
    stop(of) { // React may clean up after an update: only the newest generation ends the loop
      if (of !== generation || stopped) return false
      onLeave()
      stopped = true
      clearInterval(heartbeat)
      clearTimeout(retry)
      resized.disconnect()
      for (const [target, name, listener, capture] of listeners) target.removeEventListener(name, listener, capture)
      return true
    },
  }
}
