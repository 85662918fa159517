// The outbox: what was answered and is not stored by the server yet. One localStorage entry an event, so that tabs never
// overwrite each other; the keys sort by time. `openSender` brings it to the server. Any component may use both.
//
//   const sender = openSender(talk, { changed, stored })   changed(): something to show · stored(answer): a batch is in
//   sender.open(`${project}/${reviewer}`); sender.add(event, …); sender.flush(); sender.leave()

const BATCH = 100, FIRST_DELAY = 200, LONGEST_DELAY = 5000

function openOutbox(scope) {
  const prefix = `labelreview/outbox/${scope}/`, events = new Map()
  let last = 0, count = 0, durable = true
  function storedKeys() {
    try { return Object.keys(localStorage).filter(key => key.startsWith(prefix) && !events.has(key)) } catch { return [] }
  }
  const sorted = () => [...events].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    get size() { return events.size },
    get durable() { return durable },
    add(event) {
      last = Math.max(last, Date.now())
      const key = `${prefix}${String(last).padStart(15, '0')}/${String(count++).padStart(9, '0')}/${event.uid}`
      events.set(key, event)
      try { localStorage.setItem(key, JSON.stringify(event)) } catch { durable = false }
    },
    adopt() { // what an earlier visit or a closed tab left behind
      for (const key of storedKeys()) {
        try { events.set(key, JSON.parse(localStorage.getItem(key) ?? 'gone')) } catch { continue } // another tab was faster
        last = Math.max(last, (Number(key.slice(prefix.length, prefix.length + 15)) || 0) + 1)
      }
    },
    first(most) { return sorted().slice(0, most) },
    remove(keys) {
      for (const key of keys) {
        events.delete(key)
        try { localStorage.removeItem(key) } catch { /* blocked */ }
      }
      if (!events.size) durable = true
    },
    refuse(key, why) { // kept for the record under another name, so that the rest can go on
      try { localStorage.setItem(key.replace('/outbox/', '/refused/'), JSON.stringify({ ...events.get(key), why })) } catch { /* full */ }
      this.remove([key])
    },
    answered() { // cells that wait here with an answer of this reviewer: not to be asked again
      const cells = new Map(), verdicts = new Map()
      for (const [, event] of sorted()) {
        if (event.undoes) cells.delete(verdicts.get(event.undoes))
        else { cells.set(cellKey(event), event); verdicts.set(event.uid, cellKey(event)) }
      }
      return cells
    },
  }
}

const cellKey = cell => JSON.stringify([cell.item, cell.tag])

function openSender(talk, told) {
  let box = null, sending = false, stopped = false, delay = FIRST_DELAY, retry = 0, most = BATCH
  const state = { trouble: null, refused: 0, at: 0 } // at: when the server last stored something

  async function flush() { // one request at a time, in order, again until it is stored
    clearTimeout(retry)
    const mine = box
    if (sending || !mine?.size) return
    sending = true
    try {
      while (mine.size && mine === box && !stopped) {
        await sendBatch(mine)
        delay = FIRST_DELAY
        state.trouble = null
        told.changed()
      }
    } catch (error) {
      state.trouble = error
      retry = setTimeout(flush, Math.max(delay, error.wait ?? 0))
      delay = Math.min(2 * delay, LONGEST_DELAY)
    } finally {
      sending = false
      told.changed()
      if (mine !== box && !stopped) flush() // somebody else's answers, who came meanwhile
    }
  }

  async function sendBatch(from) {
    const events = from.first(most)
    try {
      const answer = await talk.ask('POST', 'decisions', { body: { holder: await me, decisions: events.map(([, event]) => event) } })
      const there = new Set(answer.stored), done = events.filter(([, event]) => there.has(event.uid)).map(([key]) => key)
      if (!done.length) throw new Trouble('down', say('not-stored'))
      from.remove(done)
      most = BATCH
      state.at = Date.now()
      told.stored(answer)
    } catch (error) {
      if (error.kind !== 'refused' || error.status === 404 || error.keep) throw error // project or role are gone: answers stay here
      if (events.length === 1) { from.refuse(events[0][0], error.message); state.refused++ }
      most = 1 // one of them is at fault: find it, and let the others through
    }
  }

  return {
    state, flush,
    get box() { return box },
    open(scope) { box = openOutbox(scope); return box },
    add(...events) {
      for (const event of events) box.add(event)
      told.changed()
      setTimeout(flush, 0) // after the picture
    },
    wake() { // back after a pause: what other tabs left behind, and no more waiting
      delay = FIRST_DELAY
      box.adopt()
      told.changed()
      return flush()
    },
    async leave() { // the page goes: send what fits, and let go of what this tab holds
      const holder = await me, events = (box?.first(BATCH) ?? []).map(([, event]) => event)
      if (events.length) talk.ask('POST', 'decisions', { body: { holder, decisions: events }, keepalive: true }).catch(() => {})
      talk.ask('POST', 'release', { body: { holder }, keepalive: true }).catch(() => {})
    },
    stop() { stopped = true; clearTimeout(retry) },
  }
}
