// Pictures: decoded ahead and kept in a window around where we are.

const LEAST_READY = 8, MOST_READY = 40, READY_BYTES = 96e6
const LONGEST_PAUSE = 5000

function openPictures() {
  const held = new Map()
  let average = 4e5
  async function load(cell, entry) {
    for (let delay = 300; ; delay = Math.min(2 * delay, LONGEST_PAUSE)) {
      const image = new Image()
      image.alt = `Picture ${cell.item}`
      image.draggable = false
      image.src = cell.image
      try {
        await image.decode()
        average += (4 * image.naturalWidth * image.naturalHeight - average) / 8
        return Object.assign(entry, { image })
      } catch { /* why? asked below */ }
      const why = await reason(cell.image)
      if (why !== null || entry.dropped) return Object.assign(entry, { why: why ?? '' })
      await new Promise(resolve => setTimeout(resolve, delay))
    }
  }
  async function reason(address) { // null: the server cannot say now, try again
    try {
      const answer = await fetch(address, { cache: 'no-store' })
      if (answer.ok) return 'The browser cannot show this file.'
      if (answer.status === 401 || answer.status >= 500) return null
      return (await answer.json()).error
    } catch { return null }
  }
  return {
    of(cell) {
      const key = cell.image ?? cellKey(cell)
      if (!held.has(key)) {
        const entry = { image: null, why: null, dropped: false }
        entry.ready = cell.image ? load(cell, entry) : Promise.resolve(Object.assign(entry, { why: cell.why }))
        held.set(key, entry)
      }
      return held.get(key)
    },
    get ahead() { return Math.max(LEAST_READY, Math.min(MOST_READY, Math.floor(READY_BYTES / average))) },
    keep(cells) {
      const keys = new Set(cells.map(cell => cell.image ?? cellKey(cell)))
      for (const [key, entry] of held) if (!keys.has(key)) { entry.dropped = true; held.delete(key) }
    },
  }
}
