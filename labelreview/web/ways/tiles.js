// The tiles: thumbnails in rows, a mark on each exception, one tile that has the focus. Names are data: textContent.

const LONG_PRESS = 450, DRAG_FROM = 6, REST = 600
const SEEN = 0.75          // the share of a tile, or of the window where that is less, in which the tile counts as seen
// pixels: the line of the name, between tiles, a tile that still shows something, one in which a thumbnail is not yet a blur
const NAME = 22, GAP = 8, SMALLEST = 76, LARGEST = 400, TALLEST = 1.5
const SHAPES = [3 / 4, 1, 4 / 3] // width to height of the pictures for which there is to be room

const thumbnail = cell => cell.image?.replace('/images/1280/', '/images/320/')

function openTiles(root, part, did) {
  const box = part('tiles'), field = part('field'), band = part('band')
  let tiles = [], focus = 0, drag = null, press = 0, rest = 0, resting = -1, waiting = []
  let seen = new Set() // positions of the tiles that are in the window, or were
  let ahead = new Map() // thumbnails decoded ahead, by address

  function tile(cell, position) {
    const mark = Object.assign(node('b'), { className: 'mark' }), name = Object.assign(node('bdi', cell.item), { className: 'name' })
    mark.setAttribute('aria-hidden', 'true')
    const option = Object.assign(node('div', '', face(cell), mark, name), { className: 'tile', id: `tile-${position}`, tabIndex: -1 })
    option.setAttribute('role', 'option')
    return option
  }

  function face(cell) {
    const mat = Object.assign(node('div'), { className: 'mat' }), words = text => mat.replaceChildren(Object.assign(node('p', text), { dir: 'auto' }))
    if (!cell.image) words(cell.text ?? cell.why)
    else {
      const held = ahead.get(thumbnail(cell)) ?? fetched(cell)
      waiting.push(held.ready)
      held.ready.then(() => { if (!held.shown) words(say('not-shown')) })
      mat.append(held.image)
    }
    return mat
  }

  function fetched(cell) { // { image, shown: whether it is decoded, ready: when that is known }
    const image = new Image(), held = { image, shown: false, ready: null }
    image.alt = ''
    image.draggable = false
    image.decoding = 'async'
    image.src = thumbnail(cell)
    held.ready = image.decode().then(() => { held.shown = true }, () => {})
    return held
  }

  function fit() { // the page fills the window, with the columns that leave most room for pictures while all are seen at once, if they can be
    const width = box.clientWidth, height = field.clientHeight - 2 * GAP - 4, many = Math.max(1, tiles.length)
    const most = Math.max(2, Math.floor((width + GAP) / (SMALLEST + GAP)))
    const mats = Array.from({ length: Math.min(most, many) }, (_, fewer) => matIn(fewer + 1, many, width, height)).filter(mat => mat.tall >= SMALLEST)
    const best = mats.reduce((one, other) => (one && roomIn(one) >= roomIn(other) ? one : other), null) ?? squareIn(most, width)
    box.style.setProperty('--across', best.columns)
    box.style.setProperty('--wide', `${best.wide}px`)
    box.style.setProperty('--tall', `${best.tall}px`)
    const words = box.querySelector('.mat p')
    if (words) box.style.setProperty('--lines', Math.max(1, Math.floor((best.tall - 2 * GAP) / parseFloat(getComputedStyle(words).lineHeight))))
  }

  function matIn(columns, many, width, height) { // what lies behind each picture, where so many are seen at once in so many columns
    const wide = Math.min(LARGEST, Math.floor((width - (columns - 1) * GAP) / columns)), rows = Math.ceil(many / columns)
    return { columns, wide, tall: Math.floor(Math.min((height + GAP) / rows - GAP - NAME, TALLEST * wide, LARGEST)) }
  }

  function squareIn(columns, width) { // where the page has to be scrolled
    return { ...matIn(columns, 1, width, Infinity), tall: Math.floor((width + GAP) / columns - GAP) }
  }

  const roomIn = ({ wide, tall }) => SHAPES.reduce((room, shape) => room + Math.min(wide, tall * shape) * Math.min(tall, wide / shape), 0)

  function look() {
    if (seen.size === tiles.length) return
    const bounds = field.getBoundingClientRect(), top = Math.max(0, bounds.top), bottom = Math.min(innerHeight, bounds.bottom)
    tiles.forEach((each, position) => {
      const { top: head, bottom: foot, height } = each.getBoundingClientRect()
      if (Math.min(foot, bottom) - Math.max(head, top) >= Math.max(1, SEEN * Math.min(height, bottom - top))) seen.add(position)
    })
  }

  const at = target => tiles.indexOf(target.closest?.('.tile'))
  const across = () => { // tiles in a row, as laid out just now
    const top = tiles[0]?.offsetTop
    const next = tiles.findIndex(each => each.offsetTop !== top)
    return next < 0 ? tiles.length : next
  }

  function move(to, steal = true) {
    leave()
    if (!tiles.length) return
    tiles[focus]?.setAttribute('tabindex', '-1')
    focus = Math.max(0, Math.min(tiles.length - 1, to))
    tiles[focus].tabIndex = 0
    if (steal) tiles[focus].focus({ preventScroll: false })
  }

  function frame(event) {
    const bounds = field.getBoundingClientRect()
    const [x, y] = [event.clientX - bounds.left + field.scrollLeft, event.clientY - bounds.top + field.scrollTop]
    return { left: Math.min(x, drag.x), top: Math.min(y, drag.y), right: Math.max(x, drag.x), bottom: Math.max(y, drag.y) }
  }

  function onDown(event) {
    if (event.button || event.target.closest('button')) return
    const bounds = field.getBoundingClientRect()
    drag = { x: event.clientX - bounds.left + field.scrollLeft, y: event.clientY - bounds.top + field.scrollTop,
             tile: at(event.target), touch: event.pointerType === 'touch', moved: false }
    clearTimeout(press)
    if (drag.tile >= 0) press = setTimeout(() => { if (drag && !drag.moved) { did.enlarge(drag.tile); drag = null } }, LONG_PRESS)
  }

  function onMove(event) {
    if (!drag) return
    const box_ = frame(event)
    if (!drag.moved && Math.hypot(box_.right - box_.left, box_.bottom - box_.top) < DRAG_FROM) return
    drag.moved = true
    clearTimeout(press)
    if (drag.touch) return // a finger that moves scrolls
    field.setPointerCapture?.(event.pointerId)
    band.hidden = false
    Object.assign(band.style, { left: `${box_.left}px`, top: `${box_.top}px`, width: `${box_.right - box_.left}px`, height: `${box_.bottom - box_.top}px` })
  }

  function drop() { clearTimeout(press); drag = null; band.hidden = true }

  function onUp(event) {
    const was = drag
    if (!was) return
    if (was.moved && !was.touch) {
      const box_ = frame(event)
      const inside = tiles.map((each, position) => [each, position]).filter(([each]) => meets(each, box_)).map(([, position]) => position)
      if (inside.length) did.markAll(inside)
    } else if (!was.moved && was.tile >= 0) {
      move(was.tile)
      did.toggle(was.tile)
    }
    drop()
  }

  function meets(each, box_) {
    return each.offsetLeft < box_.right && each.offsetLeft + each.offsetWidth > box_.left && each.offsetTop < box_.bottom && each.offsetTop + each.offsetHeight > box_.top
  }

  // A mouse that rests on a tile brings its picture up large, beside it; a move to another tile, a click or a key takes it away.
  function onRest(event) {
    const position = drag || event.pointerType !== 'mouse' ? -1 : at(event.target)
    if (position === resting) return
    leave()
    resting = position
    if (position >= 0) rest = setTimeout(() => did.rest(position, event.clientX < innerWidth / 2 ? 'end' : 'start'), REST)
  }

  function leave() {
    clearTimeout(rest)
    resting = -1
    did.rest(-1)
  }

  new ResizeObserver(fit).observe(field) // what stands below it grows and shrinks too
  field.addEventListener('pointerdown', leave)
  field.addEventListener('pointermove', onRest)
  field.addEventListener('pointerleave', leave)
  field.addEventListener('pointerdown', onDown)
  field.addEventListener('pointermove', onMove)
  field.addEventListener('pointerup', onUp)
  field.addEventListener('pointercancel', drop)
  field.addEventListener('contextmenu', event => { if (at(event.target) >= 0) event.preventDefault() }) // the long press is ours
  box.addEventListener('focusin', event => { const position = at(event.target); if (position >= 0 && position !== focus) move(position, false) })

  return {
    get focus() { return focus },
    fit,
    preload(cells) { // those, and no others
      const fresh = cells.filter(cell => cell.image).map(cell => [thumbnail(cell), ahead.get(thumbnail(cell)) ?? fetched(cell)])
      ahead = new Map(fresh)
    },
    leave,
    show(cells) {
      leave()
      drop() // what was begun on another page
      waiting = []
      tiles = cells.map(tile)
      seen = new Set()
      box.replaceChildren(...tiles)
      fit()
      field.scrollTop = 0
      const keep = root.activeElement?.closest?.('.tiles') || !root.activeElement
      focus = 0
      move(0, Boolean(keep))
    },
    mark(position, kind, becomes, words) { // the sign says what the answer will be, whichever way round the page asks
      const option = tiles[position]
      if (!option) return
      option.dataset.mark = kind ?? ''
      option.dataset.becomes = becomes
      option.setAttribute('aria-selected', String(Boolean(kind)))
      option.setAttribute('aria-label', words)
      option.querySelector('.mark').textContent = kind ? { unsure: '?', present: '✓', absent: '✕' }[becomes] : ''
    },
    move,
    look,
    get unseen() { return tiles.length - seen.size },
    reveal() { // the first tiles that were not seen yet
      const first = tiles.findIndex((_, position) => !seen.has(position))
      move(first)
      tiles[first].scrollIntoView({ block: 'start' })
    },
    step(key) {
      const rows = across()
      const to = { ArrowLeft: focus - 1, ArrowRight: focus + 1, ArrowUp: focus - rows, ArrowDown: focus + rows, Home: 0, End: tiles.length - 1 }[key]
      if (to >= 0 && to < tiles.length) move(to)
    },
    ready() { return Promise.all(waiting) }, // all thumbnails decoded, or known not to be
  }
}
