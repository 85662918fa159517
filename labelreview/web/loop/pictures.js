// Pictures: decoded ahead and kept in a window around where we are. Any component may use them.
//
//   const pictures = openPictures()
//   pictures.of(cell)      { image, why, ready }: the decoded <img>, or why there is none; `ready` resolves when it is known
//   pictures.larger(cell)  a promise of the next larger picture, null where there is none: asked when zoomed in
//   pictures.keep(cells)   lets go of all others · pictures.ahead: how many to hold, by what they weigh

const LEAST_READY = 8, MOST_READY = 40, READY_BYTES = 96e6
const LONGEST_PAUSE = 5000
const LARGER = { 1280: 2560, 2560: 8192 } // web/routes.py, SIZES

function sized(image, most = 4 * image.naturalWidth) { // as large as there is room, but not to a blur
  image.style.setProperty('--ratio', image.naturalWidth / image.naturalHeight)
  image.style.setProperty('--most', `${most}px`)
  return image
}

const sizeOf = address => Number(/\/images\/(\d+)\//.exec(address)?.[1])

function openPictures() {
  const held = new Map()
  let average = 4e5

  function blank(cell, address) {
    const image = new Image()
    image.alt = say('picture-of', { item: cell.item })
    image.draggable = false
    image.src = address
    return image
  }

  async function load(cell, entry) {
    for (let delay = 300; ; delay = Math.min(2 * delay, LONGEST_PAUSE)) {
      const image = blank(cell, cell.image)
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
      if (answer.ok) return say('cannot-show')
      if (answer.status === 401 || answer.status >= 500) return null
      return (await answer.json()).error
    } catch { return null }
  }

  function of(cell) {
    const key = cell.image ?? cellKey(cell)
    if (!held.has(key)) {
      const entry = { image: null, why: null, dropped: false, growing: null }
      entry.ready = cell.image ? load(cell, entry) : Promise.resolve(Object.assign(entry, { why: cell.why }))
      held.set(key, entry)
    }
    return held.get(key)
  }

  async function grow(cell, entry) {
    const size = sizeOf(entry.image.src), next = LARGER[size]
    if (!next || Math.max(entry.image.naturalWidth, entry.image.naturalHeight) < size) return null // it is as large as it gets
    const image = blank(cell, cell.image.replace(`/images/${sizeOf(cell.image)}/`, `/images/${next}/`))
    try { await image.decode() } catch { return null }
    return (entry.image = image)
  }

  return {
    of,
    larger(cell) {
      const entry = of(cell)
      if (!entry.image) return Promise.resolve(null)
      return (entry.growing ??= grow(cell, entry).finally(() => { entry.growing = null }))
    },
    get ahead() { return Math.max(LEAST_READY, Math.min(MOST_READY, Math.floor(READY_BYTES / average))) },
    keep(cells) {
      const keys = new Set(cells.map(cell => cell.image ?? cellKey(cell)))
      for (const [key, entry] of held) if (!keys.has(key)) { entry.dropped = true; held.delete(key) }
    },
  }
}
