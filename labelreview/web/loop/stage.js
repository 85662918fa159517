// The stage: how the picture lies on it. Zoom, pan, brightness and contrast, and what fingers and wheels do there.
// Everything acts on the mat that holds the picture, so that an untouched picture costs nothing.

const STEP = 1.25, MOST_ZOOM = 32, TAP = 2.5, PAN = 0.2
const SWIPE = 0.22, DOUBLE_TAP = 300, SLOP = 8
const NEUTRAL = { brightness: 100, contrast: 100, invert: false }
const QUIET = 'button, .tools, .adjust, .notice, .page' // there, fingers and wheels are not for the picture
const between = (low, value, high) => Math.max(low, Math.min(high, value))

function openStage(part, told) { // told: larger(), whole(cell), swiped(action), swiping(action or '', how far)
  const stage = part('stage'), mat = part('mat')
  const card = openCard(stage, told.whole), pointers = new Map()
  let scale = 1, x = 0, y = 0, actual = false, locked = false, tone = { ...NEUTRAL }, place = ''
  let begun = null, lastTap = 0, wanted = 0

  const image = () => mat.querySelector('img')
  const holder = () => mat.querySelector('.frame') ?? mat
  const fits = () => scale === 1 && !x && !y

  function draw() {
    holder().style.transform = fits() ? '' : `translate(${x}px, ${y}px) scale(${scale})`
    stage.dataset.zoomed = String(scale > 1)
    part('zoom').textContent = `${Math.round(100 * scale)} %`
  }

  function room() { // where the picture lies, whatever it is moved by
    const { offsetLeft, offsetTop, offsetWidth: width, offsetHeight: height } = holder(), box = stage.getBoundingClientRect()
    return { x: box.x + offsetLeft, y: box.y + offsetTop, width, height }
  }

  function bound() { // the picture never leaves its room
    const picture = image()
    if (!picture) return
    const { width, height } = room(), over = (size, space) => Math.max(0, (size * scale - space) / 2)
    x = between(-over(picture.clientWidth, width), x, over(picture.clientWidth, width))
    y = between(-over(picture.clientHeight, height), y, over(picture.clientHeight, height))
  }

  function zoomTo(next, at = null) { // at: the point of the window that stays where it is
    if (!image()) return
    next = between(1, next, MOST_ZOOM)
    if (at) {
      const box = room()
      const [px, py] = [at.x - box.x - box.width / 2, at.y - box.y - box.height / 2]
      x = px - (px - x) * next / scale
      y = py - (py - y) * next / scale
    } else { x *= next / scale; y *= next / scale }
    scale = next
    actual = false
    bound()
    draw()
    sharpen()
  }

  async function sharpen() { // zoomed beyond what the picture holds: the next larger one
    const mine = ++wanted
    while (true) {
      const shown = image()
      if (!shown || (!actual && shown.clientWidth * scale * devicePixelRatio < 1.1 * shown.naturalWidth)) return
      const larger = await told.larger()
      if (!larger || mine !== wanted || !image()) return
      image().replaceWith(sized(larger, parseFloat(shown.style.getPropertyValue('--most'))))
      if (actual) atActualSize()
    }
  }

  function atActualSize() { // one point of the picture is one point of the screen
    const picture = image()
    if (!picture?.clientWidth) return
    scale = between(0.05, picture.naturalWidth / picture.clientWidth / devicePixelRatio, MOST_ZOOM)
    bound()
    draw()
  }

  function fit() { scale = 1; x = y = 0; actual = false; draw() }

  function color() {
    const { brightness, contrast, invert } = tone
    const plain = brightness === 100 && contrast === 100 && !invert
    part('stage').style.setProperty('--light', plain ? 'none' : `${invert ? 'invert(1) ' : ''}brightness(${brightness}%) contrast(${contrast}%)`)
    stage.dataset.tone = plain ? '' : 'changed'
    part('brightness').value = brightness
    part('contrast').value = contrast
    part('invert').checked = invert
    try { localStorage.setItem(place, JSON.stringify(tone)) } catch { /* for this visit alone */ }
  }

  function set(change) { Object.assign(tone, change); color() }

  // ---- fingers, mouse, wheel

  const middle = () => {
    const [a, b] = [...pointers.values()]
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)) }
  }

  function down(event) {
    if (event.button || event.target.closest(QUIET)) return
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY })
    if (pointers.size === 2) { told.swiping('', 0); draw(); begun = { kind: 'pinch', ...middle(), scale } }
    else if (pointers.size === 1) begun = { kind: 'touch', x: event.clientX, y: event.clientY, fromX: x, fromY: y, touch: event.pointerType !== 'mouse' }
    stage.setPointerCapture(event.pointerId)
  }

  function move(event) {
    if (!pointers.has(event.pointerId) || !begun) return
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY })
    if (begun.kind === 'pinch' && pointers.size === 2) {
      const now = middle()
      zoomTo(begun.scale * now.apart / begun.apart, now)
      return
    }
    const [dx, dy] = [event.clientX - begun.x, event.clientY - begun.y]
    if (begun.kind === 'touch' && Math.hypot(dx, dy) > SLOP) begun.kind = scale > 1 ? 'pan' : begun.touch && Math.abs(dx) > Math.abs(dy) ? 'swipe' : 'none'
    if (begun.kind === 'pan') { x = begun.fromX + dx; y = begun.fromY + dy; bound(); draw() }
    if (begun.kind === 'swipe') swipe(dx)
  }

  function swipe(dx) {
    holder().style.transform = `translateX(${dx}px)`
    const far = Math.abs(dx) / (SWIPE * stage.clientWidth)
    told.swiping(dx > 0 ? 'keep' : 'take', Math.min(1, far))
  }

  function up(event) {
    if (!pointers.delete(event.pointerId) || !begun) return
    const { kind, touch } = begun, dx = event.clientX - begun.x
    if (pointers.size) { begun = { ...begun, kind: 'none' }; return }
    begun = null
    if (kind === 'swipe') {
      told.swiping('', 0)
      draw()
      if (event.type === 'pointerup' && Math.abs(dx) > SWIPE * stage.clientWidth) told.swiped(dx > 0 ? 'keep' : 'take')
    }
    if (kind === 'touch' && touch) tap(event)
  }

  function tap(event) {
    const now = performance.now()
    if (now - lastTap < DOUBLE_TAP) { lastTap = 0; toggle({ x: event.clientX, y: event.clientY }) } else lastTap = now
  }

  function toggle(at) { if (fits()) zoomTo(TAP, at); else fit() }

  function wheel(event) {
    if (!image() || event.target.closest(QUIET)) return
    event.preventDefault()
    const turn = event.deltaMode ? 30 * event.deltaY : event.deltaY
    zoomTo(scale * Math.exp(-between(-200, turn, 200) * (event.ctrlKey ? 0.01 : 0.0025)), { x: event.clientX, y: event.clientY })
  }

  stage.addEventListener('pointerdown', down)
  stage.addEventListener('pointermove', move)
  stage.addEventListener('pointerup', up)
  stage.addEventListener('pointercancel', up)
  stage.addEventListener('wheel', wheel, { passive: false })
  stage.addEventListener('dblclick', event => {
    if (!event.target.closest(QUIET)) toggle({ x: event.clientX, y: event.clientY })
  })
  for (const name of ['brightness', 'contrast']) part(name).addEventListener('input', () => set({ [name]: Number(part(name).value) }))
  part('invert').addEventListener('change', () => set({ invert: part('invert').checked }))
  part('as-it-is').addEventListener('click', () => set(NEUTRAL))

  return {
    open(project) { // each project has its own light
      place = `labelreview/tone/${project}`
      tone = { ...NEUTRAL }
      try { Object.assign(tone, JSON.parse(localStorage.getItem(place))) } catch { /* blocked or spoilt */ }
      color()
      fit()
    },
    place(picture, cell) { // the picture, the document, or both; none while one is fetched
      wanted++
      if (picture) sized(picture)
      if (!locked && !fits()) fit()
      const text = cell && isText(cell), both = text && picture
      if (!text) card.clear()
      mat.dataset.holds = both ? 'both' : text ? 'text' : 'picture'
      mat.replaceChildren(...(picture ? [both ? framed(picture) : picture] : []), ...(text ? [card.of(cell)] : []))
      part('tools').hidden = !picture
      if (!picture) part('adjust').hidden = true
    },
    shown() { if (locked && !fits()) { if (actual) atActualSize(); else { bound(); draw() } sharpen() } },
    actions: {
      'zoom-in': () => zoomTo(scale * STEP),
      'zoom-out': () => zoomTo(scale / STEP),
      fit,
      actual() { if (image()) { actual = true; atActualSize(); sharpen() } },
      lock() {
        locked = !locked
        part('lock').setAttribute('aria-pressed', String(locked))
      },
      'pan-left': () => pan(1, 0),
      'pan-right': () => pan(-1, 0),
      'pan-up': () => pan(0, 1),
      'pan-down': () => pan(0, -1),
      invert: () => set({ invert: !tone.invert }),
      adjust() {
        const open = part('adjust').hidden
        part('adjust').hidden = !open
        part('adjust-button').setAttribute('aria-expanded', String(open))
        if (open) part('brightness').focus()
        else stage.focus({ preventScroll: true })
      },
    },
  }

  function framed(picture) {
    const frame = node('div', '', picture)
    frame.className = 'frame'
    return frame
  }

  function pan(right, bottom) {
    x += PAN * right * stage.clientWidth
    y += PAN * bottom * stage.clientHeight
    bound()
    draw()
  }
}
