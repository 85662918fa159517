// What stands beside a question: examples and counter-examples of its tag, and pictures that look like its picture. Any
// component may use it; its html has the parts `twins`, `examples`, `beside` and the dialog `look`, what helps most first.
//
//   const beside = openBeside(part, talk, told)   told: next() (the cells asked next) · settle(value), or null · pins(): may they pin
//                                                 shown(answer) · focus(): the dialog has closed
//   beside.about(cell)     its picture is painted: show what is known. Only then is it asked for, and what is left is aborted
//   beside.learned()       answers were stored: what is shown may have grown
//   beside.leave()         the cell goes; beside.twins: the pictures as good as the same that carry another label

const SOON = 120                     // a burst of keys asks for nothing
const FRESH = 60000, MOST_KEPT = 40  // what was told is kept for so long
const AGAIN = 2000                   // while pictures are still being described
const ASK_AHEAD = 2

const VALUE = { 1: 'yes', 0: 'no', '-1': 'unsure' }
const certain = value => value === 1 || value === 0
const nowOf = cell => cell.answers?.findLast(({ value }) => certain(value))?.value ?? cell.now ?? cell.given
const smaller = address => address?.replace(/\/images\/\d+\//, '/images/320/')
const whenIdle = window.requestIdleCallback?.bind(window) ?? (then => setTimeout(then, 300))
const noMore = window.cancelIdleCallback?.bind(window) ?? clearTimeout

function percent(probability) {
  if (probability === null || probability === undefined) return say('no-opinion')
  if (probability < 0.01) return '<\u00a01\u00a0%'
  return probability > 0.99 ? '>\u00a099\u00a0%' : `${Math.round(100 * probability)}\u00a0%`
}

function openBeside(part, talk, told) {
  const top = part('twins'), tagged = part('examples'), box = part('beside'), parts = [top, tagged, box], sheet = part('look'), kept = new Map()
  let cell = null, answer = null, controller = null, timer = 0, idle = 0, looked = null, asking = 0, learnedAt = 0

  async function fetched({ item, tag }, signal) {
    const query = `?item=${encodeURIComponent(item)}&tag=${encodeURIComponent(tag)}`
    const at = Date.now(), came = await talk.ask('GET', 'beside', { query, signal, priority: 'low' })
    const key = cellKey({ item, tag })
    kept.delete(key)
    kept.set(key, { answer: came, at })
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value)
    return came
  }

  function fresh(of) {
    const known = kept.get(cellKey(of))
    return known && Date.now() - known.at < FRESH ? known : null
  }

  function about(of) {
    if (cell === of) controller.abort()
    else leave()
    cell = of
    controller = new AbortController()
    askIn(fresh(of) ? 0 : SOON)
  }

  function askIn(wait) { // one ask at most is on its way: a second one would outlive the cell
    clearTimeout(timer)
    timer = setTimeout(ask, wait, cell, controller.signal)
  }

  async function ask(of, signal) {
    const mine = ++asking, known = fresh(of)
    if (known) show(known.answer)
    const came = known && known.at > learnedAt && !known.answer.busy ? known.answer
      : await fetched(of, signal).catch(() => null) // it can be done without
    if (signal.aborted || mine !== asking || !came) return
    if (came !== known?.answer) show(came)
    if (came.busy) askIn(AGAIN)
    else idle = whenIdle(() => { for (const next of told.next().slice(0, ASK_AHEAD)) prepare(next, signal) })
  }

  async function prepare(next, signal) {
    if (fresh(next)) return
    const came = await fetched(next, signal).catch(() => null)
    if (signal.aborted || !came) return
    for (const { image } of came.near) if (image) Object.assign(new Image(), { fetchPriority: 'low', src: image })
  }

  function learned() { // the server has stored answers: examples have grown
    learnedAt = Date.now()
    if (cell) askIn(SOON)
  }

  function leave() {
    controller?.abort()
    clearTimeout(timer)
    noMore(idle)
    for (const image of parts.flatMap(each => [...each.querySelectorAll('img')])) if (!image.complete) image.removeAttribute('src') // nobody waits for it
    for (const each of parts) each.replaceChildren()
    unfold()
    asking++
    cell = answer = null
  }

  // ---- showing

  const twins = () => answer && certain(nowOf(cell))
    ? answer.near.filter(each => each.same && certain(each.now) && each.now !== nowOf(cell)) : []

  function show(came) {
    answer = came
    told.shown?.(came)
    const others = twins()
    top.replaceChildren(...(others.length ? [together(others)] : []))
    tagged.replaceChildren(...group('examples', answer.present.map(tile), 'tiles'), ...group('counter-examples', answer.absent.map(tile), 'tiles'))
    box.replaceChildren(...group('looks-alike', answer.near.map(row), 'alike', answer.waiting))
    unfold()
  }

  function unfold() { for (const each of parts) each.hidden = !each.childElementCount }

  function group(title, entries, kind, otherwise = '') {
    if (!entries.length && !otherwise) return []
    const list = node('ul', '', ...entries.map(each => node('li', '', each)))
    list.className = kind
    return [node('section', '', node('h3', say(title)), entries.length ? list : node('p', otherwise))]
  }

  function together(others) { // side by side, and settled by one key
    const all = [{ ...cell, image: smaller(cell.image), now: nowOf(cell), here: true }, ...others]
    const figures = all.map(each => node('figure', '', picture(each), node('figcaption', '', label(each.now), here(each))))
    const keys = told.settle ? [node('p', '', button('both-yes', 1, all.length), button('both-no', 0, all.length))] : []
    const pictures = Object.assign(node('div', '', ...figures), { className: 'twins' })
    return Object.assign(node('section', '', node('h3', say('twins', { n: others.length })), ...keys, pictures), { className: 'differ' })
  }

  const here = each => each.here ? node('small', say('this-one')) : node('small', judged(each))

  function button(action, value, n) {
    const made = node('button', '', node('kbd', told.cap(action)), node('span', say('both', { value: say(VALUE[value]), n })))
    made.type = 'button'
    made.dataset.value = VALUE[value]
    made.dataset.settle = action
    made.addEventListener('click', () => told.settle(value))
    return made
  }

  function picture({ image, text, why }) {
    if (!image) return Object.assign(node('p', text?.slice(0, 80) ?? why), { className: 'words', dir: 'auto' })
    return Object.assign(new Image(), { alt: '', loading: 'lazy', decoding: 'async', fetchPriority: 'low', src: image })
  }

  const given = label => ({ 1: 'yes', 0: 'no' })[label] ?? 'unknown' // of a label -1 says that nobody gave it

  function label(value) {
    const made = node('b', say(given(value)))
    made.dataset.value = given(value)
    return made
  }

  const WORD = { present: 'yes', absent: 'no', unsure: 'unsure' }
  const judged = ({ said }) => said.length ? said.slice(-2).map(([who, what]) => `${who}: ${say(WORD[what])}`).join(', ') : say('not-judged')

  function opens(each, ...inside) {
    const made = node('button', '', ...inside)
    made.type = 'button'
    made.setAttribute('aria-label', say('look-at', { item: each.item, value: say(given(each.now)), said: judged(each), tags: each.tags.join(', ') }))
    made.title = each.tags.join(', ')
    made.addEventListener('click', () => look(each))
    return made
  }

  function row(each) {
    const tags = Object.assign(node('small', each.tags.join(', ')), { dir: 'auto' })
    const words = node('span', '', label(each.now), ...(each.pinned ? [pinned()] : []), Object.assign(node('small', judged(each)), { dir: 'auto' }), tags)
    return opens(each, picture(each), words)
  }

  const tile = each => opens(each, picture(each), ...(each.pinned ? [pinned()] : []))
  const pinned = () => Object.assign(node('em', say('pinned')), { className: 'pinned' })

  // ---- a closer look, and the examples of the data team

  function look(each) {
    looked = { item: each.item, tag: cell.tag }
    part('look-item').textContent = each.item
    const large = each.image?.replace(/\/images\/\d+\//, '/images/1280/')
    part('look-mat').replaceChildren(large ? Object.assign(new Image(), { alt: say('picture-of', { item: each.item }), src: large }) : node('p', each.text ?? each.why))
    phrase(part('look-said'), 'look-said', { tag: node('bdi', cell.tag), value: label(each.now), said: node('bdi', judged(each)), prob: percent(each.pred_prob) })
    part('look-tags').textContent = each.tags.join(', ')
    part('look-told').textContent = each.pinned ? say('is-pinned') : ''
    part('pin-yes').hidden = part('pin-no').hidden = !told.pins()
    part('unpin').hidden = !each.pinned || !told.pins()
    sheet.showModal()
  }

  async function pin(value, of) { // 1, 0, or null: no longer
    const { error = null } = await talk.ask('POST', 'pin', { body: { ...of, label: value } }).catch(trouble => ({ error: trouble }))
    if (looked === of) { // and no other one is looked at by now
      part('look-told').textContent = error ? error.message : say(value === null ? 'unpinned' : value ? 'pinned-yes' : 'pinned-no')
      if (!error) part('unpin').hidden = value === null
    }
    if (error) return error
    kept.clear() // it is an example beside every picture
    if (cell) about(cell)
    return null
  }

  for (const [name, value] of [['pin-yes', 1], ['pin-no', 0], ['unpin', null]]) part(name).addEventListener('click', () => pin(value, looked))
  part('look-close').addEventListener('click', () => sheet.close())
  sheet.addEventListener('click', event => { if (event.target === sheet) sheet.close() })
  sheet.addEventListener('close', () => told.focus())

  return { about, leave, learned, pin, get twins() { return twins() } }
}
