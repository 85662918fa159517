// The outbox: what was answered and is not stored by the server yet. One localStorage entry an event, so that tabs never
// overwrite each other; the keys sort by time.

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

function newId() { // crypto.randomUUID needs a secure context, this does not
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')
}

const cellKey = cell => JSON.stringify([cell.item, cell.tag])
