// The queue: the cells asked next, leased to this tab; where we are in them; how far the filter is answered.

// Cells to hold: enough that a burst of keys never runs dry (it is filled up again at one half), and never more than a
// quarter of what is left, since what one tab holds nobody else is asked.
const FIRST = 40, FEWEST = 20, MOST = 240
const SURE = 12                 // the next ones stay, whatever a new order says: their pictures are ready
const RERANK_EVERY = 10000      // with many reviewers the order changes often: no need to follow each time
const RENEW_EVERY = 45000, IDLE = 300000      // leases are good for two minutes, and are let go by who sits idle
const BEHIND = 6                // pictures kept for looking back
const MOST_BEHIND = 200         // answered cells kept for looking back; older ones are in the list of answers
const LATER = 20                // a skipped question comes back after so many others

const isEmpty = cell => cell.given === -1 // its label was left empty: the keys that keep and change say no and yes
const kept = cell => isEmpty(cell) ? 0 : cell.given
const isOpen = cell => !cell.answers.length && !cell.flagged

function openQueue(talk, sender, told) { // told: filters(), arrived(), failed(trouble), ready() (pictures to hold)
  let cells = [], known = new Map(), later = new Map(), at = 0, counts = null, round = 0, done = 0
  let filling = null, filledAt = 0, drained = false, inexact = false, revision = 0, active = Date.now(), stopped = false

  function refill() {
    if (filling?.round !== round) {
      const running = fill(round).finally(() => { if (filling?.running === running) filling = null })
      filling = { round, running }
    }
    return filling.running
  }

  const soon = () => setTimeout(() => { if (!stopped) refill() }, 0)
  const share = () => counts ? Math.max(FEWEST, Math.min(MOST, Math.floor((counts.total - counts.answered) / 4))) : FIRST

  function topUp() {
    const ahead = cells.filter((cell, position) => position > at && isOpen(cell)).length
    const rest = drained ? 10000 : 250 // what waits in the outbox is handed out again: no use to ask at once
    if (ahead < share() / 2 && !filling) setTimeout(() => { if (!stopped) refill() }, Math.max(0, filledAt + rest - Date.now()))
  }

  async function fill(mine) {
    const settled = !sender.box.size, want = share() + later.size
    const keep = cells.slice(at).filter(isOpen).slice(0, SURE).map(({ item, tag }) => [item, tag])
    try {
      const shape = await talk.ask('POST', 'queue', { body: { ...told.filters(), want, holder: await me, keep } })
      if (mine !== round || stopped) return
      filledAt = Date.now()
      revision = shape.revision
      drained = shape.cells.length < want
      if (!counts || (settled && !sender.box.size)) { counts = { answered: shape.answered, total: shape.total }; inexact = false }
      take(shape.cells)
      told.arrived()
    } catch (error) {
      if (mine !== round || stopped) return
      if (!(error instanceof Trouble)) throw error
      told.failed(error)
      const again = () => { if (mine === round && !stopped) refill() }
      if (error.kind !== 'refused') setTimeout(again, Math.max(error.wait, error.kind === 'down' ? 1000 : 3000))
    }
  }

  function take(fresh) {
    const waiting = sender.box.answered(), ahead = cells.slice(at + 1).filter(cell => cell.touched)
    const stay = new Set([...cells.slice(0, at + 1), ...ahead]), rest = new Set()
    for (const shape of fresh) {
      const key = cellKey(shape), cell = known.get(key)
      if (cell) Object.assign(cell, { others: shape.others, reason: shape.reason })
      if (!later.has(key) && (cell ? !stay.has(cell) : !waiting.has(key))) rest.add(cell ?? remember(shape))
    }
    // what others have answered meanwhile or hold now, or what a better order puts off, is not asked here any more
    for (const cell of cells) if (!stay.has(cell) && !rest.has(cell)) known.delete(cellKey(cell))
    cells = [...stay, ...rest]
  }

  function remember(shape) {
    const cell = { ...shape, answers: [], flagged: null, touched: false, round }
    known.set(cellKey(cell), cell)
    return cell
  }

  function nextOpen(from) {
    const ahead = cells.findIndex((cell, position) => position > from && isOpen(cell))
    return ahead >= 0 ? ahead : cells.findIndex(isOpen)
  }

  function comeBack() { // skipped questions whose time has come are taken from the server again, in their place of the order
    const due = [...later].filter(([, when]) => when <= done).map(([key]) => key)
    for (const key of due) later.delete(key)
    if (due.length) soon()
  }

  function forget() { // what lies far behind, so that a day's answers do not fill the memory
    const over = at - MOST_BEHIND
    if (over < MOST_BEHIND / 2) return
    for (const cell of cells.splice(0, over)) known.delete(cellKey(cell))
    at -= over
  }

  return {
    refill, topUp,
    get current() { return cells[at] },
    get counts() { return counts },
    get skipped() { return later.size },
    get any() { return cells.some(isOpen) },
    known: key => known.get(key),
    restart() {
      round++
      cells = []; known = new Map(); later = new Map(); at = 0; counts = null; drained = false; filledAt = 0
      return round
    },
    get round() { return round },
    advance(by) { // to the next open cell behind (by: 0) or from (by: -1) where we are; beyond the end when there is none
      if (!by) done++
      comeBack()
      const next = nextOpen(at + by)
      at = next >= 0 ? next : cells.length
      forget()
      if (next < 0) { later.clear(); soon() } else topUp()
    },
    step(by) {
      if (at + by < 0 || at + by >= cells.length) return false
      at += by
      return true
    },
    skip(cell) { // not now: out of the row, back after a while
      later.set(cellKey(cell), done + LATER)
      known.delete(cellKey(cell))
      cells = cells.filter(each => each !== cell)
      at--
    },
    bring(cell) { // on screen again, wherever it was
      later.delete(cellKey(cell))
      let position = cells.indexOf(cell)
      if (position < 0) {
        position = Math.max(0, Math.min(at, cells.length))
        cells = cells.filter(each => cellKey(each) !== cellKey(cell))
        cells.splice(position, 0, cell)
        known.set(cellKey(cell), cell)
      }
      at = position
    },
    count(cell) { // gives what takes it back; 0 where it is not known to be of this queue: then the server says how many
      if (cell.screen === 'audit' && told.filters().suspects) return 0 // drawn by chance: need not be a suspect
      if (!counts || cell.round !== round) { inexact = true; return 0 }
      counts.answered++
      return round
    },
    discount(counted) { // another filter counts otherwise
      if (counts && counted === round) counts.answered--
      else inexact = true
    },
    window(ahead) { // the cells whose pictures are to be ready
      const near = cells.slice(Math.max(0, at - BEHIND), at + 1)
      for (let position = at + 1; position < cells.length && near.length < ahead + BEHIND; position++) {
        if (isOpen(cells[position])) near.push(cells[position])
      }
      return near
    },
    stored(answer) {
      const reranked = answer.revision > revision && Date.now() - filledAt > RERANK_EVERY
      if (reranked || (inexact && !sender.box.size)) soon()
    },
    pressed() { // back from a pause: others may hold these now
      active = Date.now()
      if (active - filledAt > RENEW_EVERY && filledAt) soon()
    },
    renew() { if (Date.now() - filledAt > RENEW_EVERY && Date.now() - active < IDLE) refill() },
    stale() { filledAt = 0 },
    stop() { stopped = true },
  }
}
