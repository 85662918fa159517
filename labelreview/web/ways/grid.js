// The grid: a page of pictures with one tag and one given label, all assumed right (or all wrong) but those that are
// marked. One key makes an answer of its own of every picture.

const SIZES = [12, 24, 40, 60]
const KEPT_WHOLE = 3 // confirmed pages that come back at once; earlier ones are fetched again, so that a day's pages do not pile up
const PAGES_AHEAD = 2 // with one, whoever is quicker than its pictures come waits for them
const FLIP = { present: 'absent', absent: 'present' }
// what a picture is assumed to be: as given, and where nothing was given no
const WORD = { 1: 'present', 0: 'absent', '-1': 'absent' }, VALUE_OF = { present: 1, absent: 0 }

export default mountWay(startGrid)

function startGrid(root) {
  let page = [], ahead = [], past = [], painted = false, filling = false, again = false
  let marks = new Map(), ways = new Map() // by cell until it is confirmed: what it is marked as; the way round of the page that it stood on
  let assume = 'right', size = remembered(), coming = null // the items of a page that was taken back, while its cells are fetched
  const actions = {
    confirm, undo, turn, enlarge: () => enlarge(tiles.focus), mark: () => mark(tiles.focus), unsure: () => mark(tiles.focus, 'unsure'),
    fewer: () => resize(-1), more: () => resize(1),
    left: () => tiles.step('ArrowLeft'), right: () => tiles.step('ArrowRight'), up: () => tiles.step('ArrowUp'), down: () => tiles.step('ArrowDown'),
  }
  const way = openWay(root, { actions, onKey, begin, more, empty: () => !page.length, fit: () => tiles.fit(), scrolled, focus: () => tiles.move(tiles.focus) })
  const { part, put } = way
  const tiles = openTiles(root, part, { toggle: position => mark(position), markAll, enlarge, rest })

  function remembered() {
    try { return SIZES.find(each => each === Number(localStorage.getItem('labelreview/grid/size'))) ?? 24 } catch { return 24 }
  }

  // ---- the questions

  function begin() { page = []; ahead = []; past = []; coming = null; marks = new Map(); ways = new Map(); assume = 'right'; show() }

  async function more(anyway = false) {
    if (filling) { again = true; return }
    if (coming ? way.pending : !anyway && ahead.length >= PAGES_AHEAD * size) return // it is open again once that is stored
    filling = true
    again = false
    const mine = coming, held = [...coming ?? [], ...itemsOf(page), ...itemsOf(ahead)].map(item => [item, way.config.filters.tag])
    const shape = await way.ask('queue', { want: want(held.length) + way.waiting().size, keep: held }).finally(() => { filling = false })
    if (!shape && again) return void setTimeout(more, 0) // of a filter that holds no more
    if (!shape) return !page.length && !coming && ahead.length ? turnPage(true) : undefined // rather a short page than none
    if (mine && mine === coming) comeBack(shape.cells)
    // what was confirmed while the server made this answer is in it, and is not asked again
    const waiting = way.waiting(), here = new Set([...coming ?? [], ...itemsOf(page), ...itemsOf(ahead), ...past.flatMap(each => each.items ?? itemsOf(each.page))])
    ahead.push(...shape.cells.filter(cell => !here.has(cell.item) && !waiting.has(cellKey(cell))))
    if (!page.length && !coming && (ahead.length >= size || !again)) turnPage(true)
    else preload()
    if (again) setTimeout(more, 0)
  }

  const itemsOf = cells => cells.map(({ item }) => item) // the tag is the same in all

  function comeBack(cells) { // those that are open: another's answer may have come meanwhile
    const found = new Map(cells.map(cell => [cell.item, cell]))
    page = coming.map(item => found.get(item)).filter(Boolean)
    coming = null
    if (page.length) show()
  }

  // This page and the next ones; of what is then left never more than half, since nobody else is asked what one tab holds.
  function want(held) {
    if (!way.counts || held < size) return Math.max(size, held)
    return held + Math.max(0, Math.min((PAGES_AHEAD + 1) * size - held, Math.floor((way.counts.total - way.counts.answered - held) / 2)))
  }

  function turnPage(asked = false) { // a page is full while the queue has enough; `asked`: just now, what is ahead is all there is
    const lacking = !asked && ahead.length < size && way.counts && way.counts.total - way.counts.answered > ahead.length
    page = lacking ? [] : nextPage()
    if (lacking) more(true)
    show()
    if (!asked && !lacking && !page.length) setTimeout(more, 0) // else once it is painted: nothing else is asked for before
  }

  function nextPage() { // cells that stood on a page already are asked the same way round again
    const turned = ahead.slice(0, size).map(cell => ways.get(cellKey(cell))), own = turned.find(Boolean)
    const other = turned.findIndex(each => each && each !== own)
    assume = own ?? assume
    return ahead.splice(0, other < 0 ? size : other)
  }

  function putBack() { // what is on screen comes next, as it is
    const { tag } = way.config.filters
    for (const item of coming ?? itemsOf(page)) ways.set(cellKey({ item, tag }), assume)
    ahead = [...page, ...ahead]
    page = []
  }

  function preload() { if (painted) tiles.preload(ahead.slice(0, PAGES_AHEAD * size)) } // never before the page that is looked at

  // ---- showing

  function show() {
    painted = false
    way.hidden()
    question()
    tiles.show(page)
    page.forEach((_, position) => paint(position))
    part('notice').hidden = page.length > 0
    buttons()
    if (!page.length) return coming || filling ? way.notice(say('fetching'), '') : way.nothing()
    const mine = page
    tiles.ready().then(() => requestAnimationFrame(() => {
      if (mine !== page) return
      painted = true
      tiles.look()
      way.shown({ tiles: page.length })
      announce()
      setTimeout(() => { preload(); more() }, 0)
    }))
  }

  function question() {
    const { tag, direction, unlabelled } = way.config.filters, is = (page[0]?.given ?? Number(direction !== 'missing')) === 1
    const right = assume === 'right', kinds = unlabelled ? ['mark-yes', 'mark-no'] : is ? ['mark-not-there', 'mark-is-there'] : ['mark-there', 'mark-is-not-there']
    const name = Object.assign(node('bdi', tag), { title: tag, className: 'tag' })
    const [before, after] = say(unlabelled ? 'not-labelled' : is ? 'tagged' : 'not-tagged').split('{tag}')
    part('question').replaceChildren(before, name, after)
    requestAnimationFrame(() => { if (name.scrollHeight > name.clientHeight + 1) name.tabIndex = 0 }) // all of it, to whoever tabs to it or taps it
    put('rule', say(kinds[right ? 0 : 1]))
    put('turn-text', say(right ? (unlabelled ? 'assume-yes' : 'assume-wrong') : (unlabelled ? 'assume-no' : 'assume-right')))
  }

  function paint(position) {
    const cell = page[position], kind = marks.get(cellKey(cell))
    const becomes = verdict(cell), words = say({ present: 'yes', absent: 'no', unsure: 'unsure' }[becomes])
    tiles.mark(position, kind, becomes, `${cell.item}: ${words}${kind === 'other' ? `, ${say('marked')}` : ''}`)
  }

  function buttons() {
    const unsure = page.filter(cell => verdict(cell) === 'unsure').length
    const changes = page.filter(cell => verdict(cell) === FLIP[WORD[cell.given]]).length
    const values = { n: page.length, kept: page.length - changes - unsure, changes, unsure }
    const key = way.config.filters.unlabelled ? 'label' : 'confirm'
    put('confirm-text', say(!page.length ? 'confirm-none' : unsure ? `${key}-unsure` : key, values))
    root.querySelector('[data-action="confirm"]').disabled = !page.length
  }

  function announce() { way.tell(`${say('pictures', { n: page.length })} ${part('question').textContent} ${part('rule').textContent}`) }

  // ---- what the keys do

  function verdict(cell) {
    const kind = marks.get(cellKey(cell)), keeps = WORD[cell.given]
    if (kind === 'unsure') return 'unsure'
    return (kind === 'other') === (assume === 'right') ? FLIP[keeps] : keeps
  }

  function mark(position, kind = 'other') {
    tiles.leave()
    const cell = page[position]
    if (!cell) return
    if (marks.get(cellKey(cell)) === kind) marks.delete(cellKey(cell))
    else marks.set(cellKey(cell), kind)
    paint(position)
    buttons()
  }

  function markAll(positions) { // a frame marks what is not; over marked ones alone it takes the marks away
    const every = positions.every(position => marks.has(cellKey(page[position])))
    for (const position of positions) {
      if (every) marks.delete(cellKey(page[position]))
      else marks.set(cellKey(page[position]), 'other')
      paint(position)
    }
    buttons()
  }

  function confirm() {
    if (!page.length || !painted || unseen()) return
    const seconds = way.seconds() / page.length, at = new Date().toISOString(), id = newId()
    const events = page.map((cell, position) => ({
      uid: uidIn(id, position), item: cell.item, tag: cell.tag, at, screen: 'grid', verdict: verdict(cell), seconds,
      given: cell.given, pred_prob: cell.pred_prob, score: cell.score,
    }))
    past.push({ page, marks: taken(marks), assume, id })
    taken(ways)
    shrink(past.at(-1 - KEPT_WHOLE))
    way.count(page.length)
    put('last', say('did', { n: page.length }))
    breaking(page.filter((cell, position) => cell.mends[VALUE_OF[events[position].verdict]]).length)
    way.send(events)
    turnPage()
  }

  function unseen() { // nothing is answered unseen: the rest is shown first, and the key counts again once that is painted
    tiles.look()
    if (!tiles.unseen) return false
    const mine = page
    painted = false
    put('last', say('unseen', { n: tiles.unseen }))
    way.tell('')
    tiles.reveal()
    requestAnimationFrame(() => { if (mine === page) painted = true })
    return true
  }

  function scrolled() { if (painted) tiles.look() }

  function breaking(n) { // answers that break agreed rules between tags, and the queue where they are settled
    if (!n) return
    const link = node('a', say('breaks', { n }))
    link.href = `review?${new URLSearchParams({ project: way.config.name, tag: way.config.filters.tag, status: 'rules' })}`
    part('last').append('. ', link)
  }

  function taken(from) { // what a map holds of the page's cells, and no longer holds
    const held = page.map(cellKey).filter(key => from.has(key)).map(key => [key, from.get(key)])
    for (const [key] of held) from.delete(key)
    return held
  }

  const uidIn = (id, position) => `${id}-${position}`

  function shrink(early) { // what undo needs: a few bytes an answer
    if (!early?.page) return
    early.items = itemsOf(early.page)
    early.page = null
  }

  function undo() {
    const last = past.pop()
    if (!last) return put('last', say('nothing-to-undo'))
    const at = new Date().toISOString(), items = last.items ?? itemsOf(last.page), { tag } = way.config.filters
    putBack()
    page = last.page ?? []
    coming = last.page ? null : items
    assume = last.assume
    for (const [key, kind] of last.marks) marks.set(key, kind)
    way.send(items.map((item, position) => ({ uid: newId(), item, tag, at, screen: 'grid', verdict: null, undoes: uidIn(last.id, position) })))
    way.count(-items.length)
    put('last', say('took-back', { n: items.length }))
    show()
  }

  function turn() {
    tiles.leave()
    assume = assume === 'right' ? 'wrong' : 'right'
    question()
    page.forEach((_, position) => paint(position))
    buttons()
    announce()
  }

  function resize(step) {
    const to = SIZES[SIZES.indexOf(size) + step]
    if (!to) return
    size = to
    try { localStorage.setItem('labelreview/grid/size', size) } catch { /* for this visit alone */ }
    putBack()
    if (!coming) return turnPage()
    show()
    more()
  }

  function enlarge(position) {
    const cell = page[position], image = new Image()
    if (!cell) return
    image.alt = say('picture-of', { item: cell.item })
    image.src = cell.image ?? ''
    image.addEventListener('load', () => sized(image))
    part('large-mat').replaceChildren(cell.image ? image : Object.assign(node('p', cell.text ?? cell.why), { dir: 'auto' }))
    put('large-text', [cell.item, cell.reason].filter(Boolean).join(' · '))
    part('large').showModal()
  }

  function rest(position, side) { // the picture under a mouse that rests, on the other side of the page
    const near = part('near'), cell = page[position]
    near.hidden = true
    near.replaceChildren() // one that loads too late is not shown
    if (!cell?.image) return
    const image = Object.assign(new Image(), { alt: '', src: cell.image })
    near.replaceChildren(image)
    near.dataset.side = side
    image.addEventListener('load', () => { if (near.firstChild === image) near.hidden = false })
  }

  function onKey(_event, chord) {
    if (!/^(Arrow\w+|Home|End)$/.test(chord)) return false
    tiles.step(chord)
    return true
  }

  part('field').addEventListener('scroll', scrolled)
  part('large').addEventListener('click', () => part('large').close())
  return way
}
