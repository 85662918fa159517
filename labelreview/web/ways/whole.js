// The whole item: one picture with all its tags, those in doubt first. One key answers all that is listed, and every tag
// becomes an answer of its own. Any other tag is found by its name; one that nobody has is proposed, never added.

const HELD = 6, MOST_NAMED = 50, FOLDED_HERE = 'labelreview/evidence/item'
const KEPT_WHOLE = 3 // confirmed items that come back at once; earlier ones are fetched again, so that a day's items do not pile up
const LABEL_WORD = { 1: 'present', 0: 'absent', '-1': 'unsure' }

export default mountWay(startWhole)

function startWhole(root) {
  const pictures = openPictures()
  let current = null, ahead = [], past = [], known = '', filling = false, again = false, painted = false, showing = 0, focus = 0
  const actions = { confirm, undo, skip, mend, find: () => finder.focus(), evidence: fold, enlarge, toggle: () => toggle(focus), unsure: () => unsure(focus), up: () => move(focus - 1), down: () => move(focus + 1) }
  const way = openWay(root, { actions, onKey, begin, more, empty: () => !current, stored: () => beside.learned(), stopped() { beside.leave(); pictures.keep([]) }, keys: () => rules(), focus: action => { if (action !== 'find') part('stage').focus() } })
  const { part, put } = way
  const enlarged = openEnlarged(part, () => part('stage').focus())
  const beside = openBeside(part, way.talk, {
    next: () => current?.tags.slice(focus + 1, focus + 3).map(about) ?? [], settle: null, pins: () => way.config.pins, focus: () => part('stage').focus(),
    shown: ({ definition, models }) => { showDefinition(part, definition); showModels(part, models.length > 1 ? models : []) },
  })
  const finder = openFinder(part, {
    chosen, proposed, say: words => way.tell(words), left: () => part('stage').focus(),
    state: tag => current?.now.has(tag) ? word(current.now.get(tag)) : '',
  })

  const word = value => say({ 1: 'yes', 0: 'no', '-1': 'unsure' }[value])

  // ---- what helps to be right about the tag in focus; where it is folded, nothing is asked for

  let open = false
  try { open = localStorage.getItem(FOLDED_HERE) === 'open' } catch { /* blocked: folded */ }

  const about = row => ({ item: current.item, tag: row.tag, given: row.given, now: current.now.get(row.tag), image: current.image, text: current.text })

  function fold() {
    open = !open
    try { localStorage.setItem(FOLDED_HERE, open ? 'open' : 'folded') } catch { /* for this visit alone */ }
    evidence()
  }

  function evidence() {
    const row = current?.tags[focus]
    beside.leave()
    part('evidence').hidden = !open || !row
    part('fold').setAttribute('aria-expanded', String(open))
    part('definition-box').hidden = part('models-box').hidden = true
    put('evidence-tag', row?.tag ?? '')
    if (open && row && painted) beside.about(about(row))
  }

  // ---- the items

  function begin() {
    current = null; ahead = []; past = []
    show()
    if (known) part('stage').focus() // from the filter that was just chosen, so that the next key is an answer
    if (known === way.config.project + way.config.version) return
    const mine = known = way.config.project + way.config.version
    way.talk.ask('GET', 'vocabulary').then(({ tags }) => { if (mine === known) finder.know(tags) }, () => { if (mine === known) known = '' })
  }

  async function more(anyway = false) {
    if (filling) { again = true; return }
    if (!anyway && ahead.length >= HELD / 2) return
    filling = true
    again = false
    const held = [current, ...ahead].filter(Boolean), late = new Set([...way.waiting().values()].map(({ item }) => item))
    const shape = await way.ask('items', { want: HELD + late.size, keep: held.map(({ item }) => item) }).finally(() => { filling = false })
    if (!shape) return again ? void setTimeout(more, 0) : undefined // of a filter that holds no more
    const here = new Set(held.map(({ item }) => item))
    ahead.push(...shape.items.filter(whole => !here.has(whole.item) && opened(whole)))
    if (!current) next(ahead.length > 0)
    else preload()
    if (again) setTimeout(more, 0)
  }

  // What was confirmed while the server made its answer is in it, and is not asked again; of an item with very many tags
  // there may be more to ask.
  function opened({ item, tags }) {
    const done = new Set(past.filter(each => each.whole.item === item).flatMap(each => each.uids.map(([, tag]) => tag)))
    return tags.some(row => row.open && !done.has(row.tag))
  }

  function counted(whole) { // of the cells that the filter asks about
    const { suspects, tag } = way.config.filters
    return whole.tags.filter(row => row.open && (!suspects || row.suspect) && (!tag || row.tag === tag)).length
  }

  function next(again = true) {
    current = ahead.shift() ?? null
    if (current) current.now ??= new Map(current.tags.map(row => [row.tag, row.now]))
    show()
    if (again) setTimeout(more, 0)
  }

  function preload() {
    const near = [...past.slice(-1).map(each => each.whole), current, ...ahead.slice(0, 4)].filter(Boolean)
    pictures.keep(near)
    for (const each of near) pictures.of(each)
  }

  // ---- showing

  function show() {
    const mine = ++showing
    painted = false
    focus = 0
    beside.leave()
    way.hidden()
    part('way').dataset.item = current?.item ?? ''
    put('item', current?.item ?? '')
    finder.close()
    list()
    part('notice').hidden = true
    part('look-again').hidden = true
    if (!current) { part('mat').replaceChildren(); return nothing() }
    const picture = pictures.of(current), place = () => {
      if (mine !== showing) return
      if (!picture.image && !current.text) way.notice(say('no-picture'), picture.why ?? '')
      part('mat').replaceChildren(...(current.text ? [document_(current.text)] : picture.image ? [sized(picture.image)] : []))
      requestAnimationFrame(() => { if (mine === showing) shown() })
    }
    if (picture.image || picture.why !== null) return place()
    part('mat').replaceChildren()
    picture.ready.then(place)
  }

  function nothing() {
    way.nothing()
    const { counts, config } = way
    part('look-again').hidden = !(config.filters.text && counts?.total && counts.total <= counts.answered)
  }

  const document_ = text => Object.assign(node('p', text), { dir: 'auto', className: 'text' })

  function shown() {
    painted = true
    way.shown({ item: current.item })
    evidence()
    const doubtful = current.tags.filter(row => row.suspect).map(row => row.tag).join(', ')
    way.tell(say('announce', { item: current.item, n: current.tags.length, doubtful: doubtful || say('no-doubt') }))
    setTimeout(preload, 0)
  }

  function list() {
    part('tags').replaceChildren(...(current?.tags ?? []).map(line))
    current?.tags.forEach((_, position) => paint(position))
    rules()
    buttons()
  }

  function line(row, position) {
    const made = (name, className, text = '') => Object.assign(node(name, text), { className })
    const option = node('li', '', made('kbd', '', position < 9 ? position + 1 : ''), made('bdi', 'tag', row.tag),
                        made('span', 'model', row.pred_prob === null ? '' : say('model', { p: percent(row.pred_prob) })), made('b', 'state'), made('span', 'breaks'))
    option.setAttribute('role', 'option')
    option.tabIndex = position === focus ? 0 : -1
    option.setAttribute('aria-current', String(position === focus))
    option.dataset.suspect = row.suspect
    option.title = row.tag
    option.addEventListener('click', ({ target }) => { move(position); if (target.className === 'breaks') mend(); else toggle(position) })
    return option
  }

  function paint(position) {
    const row = current.tags[position], option = part('tags').children[position], value = current.now.get(row.tag)
    option.setAttribute('aria-selected', String(value === 1))
    option.dataset.now = value
    option.dataset.changed = value !== row.given
    option.querySelector('.state').textContent = !isSaid(row) ? say('unknown') : value === row.given ? word(value) : say('changed', { from: word(row.given), to: word(value) })
  }

  // What the rules want of other tags where this one is as it is; nothing where nothing known speaks against it.
  function wanted(row) {
    const standing = ({ tag, now }) => current.now.get(tag) ?? now
    const others = (row.mends[current.now.get(row.tag)] ?? []).filter(mend => standing(mend) !== mend.to)
    return others.some(mend => standing(mend) !== -1) ? others : []
  }

  function rules() {
    for (const [position, row] of (current?.tags ?? []).entries()) {
      const others = wanted(row).map(({ tag, to }) => `${tag}: ${word(to)}`).join(', ')
      part('tags').children[position].querySelector('.breaks').textContent = others && say('breaks', { key: way.cap('mend'), wanted: others })
    }
  }

  const isSaid = row => row.given !== -1 || current.now.get(row.tag) !== -1 // what was left empty is so until somebody says something

  function buttons() {
    const rows = (current?.tags ?? []).filter(isSaid), changes = rows.filter(row => ![row.given, -1].includes(current.now.get(row.tag))).length
    const unsure = rows.filter(row => current.now.get(row.tag) === -1).length
    put('confirm-text', say(!current ? 'confirm-none' : unsure ? 'confirm-unsure' : 'confirm', { n: rows.length, changes, unsure }))
    root.querySelector('[data-action="confirm"]').disabled = !current
  }

  // ---- what the keys do

  function set(position, value) {
    if (!current?.tags[position]) return
    current.now.set(current.tags[position].tag, value)
    paint(position)
    rules()
    buttons()
  }

  async function mend() {
    const whole = current, row = whole?.tags[focus], others = row ? wanted(row) : []
    if (!others.length) return put('last', say('nothing-to-mend'))
    for (const { tag, to } of others) {
      if (!await listed(whole, tag)) return
      set(whole.tags.findIndex(each => each.tag === tag), to)
    }
    move(whole.tags.indexOf(row))
  }

  function toggle(position) {
    const row = current?.tags[position]
    if (row) set(position, current.now.get(row.tag) === 1 ? 0 : 1)
  }

  function unsure(position) { // a second time: as it was
    const row = current?.tags[position]
    if (row) set(position, current.now.get(row.tag) !== -1 ? -1 : row.now === -1 ? row.given : row.now)
  }

  function enlarge() {
    const image = current && pictures.of(current).image
    if (image) enlarged.show(image, pictures.larger(current), current.item)
  }

  function move(to) {
    const options = part('tags').children
    if (!options.length) return
    options[focus]?.setAttribute('tabindex', '-1')
    options[focus]?.setAttribute('aria-current', 'false')
    focus = Math.max(0, Math.min(options.length - 1, to))
    options[focus].tabIndex = 0
    options[focus].setAttribute('aria-current', 'true')
    options[focus].focus()
    if (painted) evidence()
  }

  function confirm() {
    if (!current || !painted || current.finding) return
    const at = new Date().toISOString(), seconds = way.seconds() / Math.max(1, current.tags.length)
    const events = current.tags.filter(isSaid).map(row => ({
      uid: newId(), item: current.item, tag: row.tag, at, screen: 'item', verdict: LABEL_WORD[current.now.get(row.tag)], seconds,
      given: row.given, pred_prob: row.pred_prob, score: row.score,
    }))
    past.push({ whole: current, uids: events.map(({ uid, tag }) => [uid, tag]) })
    shrink(past.at(-1 - KEPT_WHOLE))
    way.count(counted(current))
    put('last', say('did', { item: current.item }))
    way.send(events)
    next()
  }

  async function undo() {
    const last = past.at(-1), mine = showing
    if (!last) return put('last', say('nothing-to-undo'))
    const whole = last.whole.tags ? last.whole : await refetched(last).catch(error => ({ error }))
    if (mine !== showing || past.at(-1) !== last) return // another key was quicker
    if (whole.error) return put('last', whole.error.message)
    past.pop()
    const at = new Date().toISOString()
    if (current) ahead.unshift(current)
    current = whole
    way.send(last.uids.map(([uid, tag]) => ({ uid: newId(), item: current.item, tag, at, screen: 'item', verdict: null, undoes: uid })))
    way.count(-counted(current))
    put('last', say('took-back', { item: current.item }))
    show()
  }

  function skip() { // it comes back at the end of what this tab holds
    if (!current) return
    ahead.push(current)
    next()
  }

  async function listed(whole, tag) { // whether a tag stands in the list of the item on screen; it is fetched where it does not
    if (whole.tags.some(row => row.tag === tag)) return true
    whole.finding = (whole.finding ?? 0) + 1 // nothing is confirmed without what was just found
    const shape = await way.talk.ask('GET', 'cell', { query: cellQuery(whole.item, tag) }).catch(error => ({ error })).finally(() => { whole.finding-- })
    if (shape.error) put('last', shape.error.message)
    if (shape.error || whole !== current) return false
    if (whole.tags.some(row => row.tag === tag)) return true // found twice in a hurry
    whole.tags.push(shape.row)
    whole.now.set(tag, shape.row.now)
    list()
    return true
  }

  async function chosen(tag) {
    const whole = current
    if (!whole || !await listed(whole, tag)) return
    const position = whole.tags.findIndex(row => row.tag === tag)
    toggle(position)
    move(position)
  }

  async function proposed(name) {
    part('stage').focus()
    if (!current) return
    const answer = await way.talk.ask('POST', 'propose', { body: { item: current.item, tag: name } }).catch(error => ({ error }))
    put('last', answer.error ? answer.error.message : say('proposed', { tag: name }))
  }

  async function answered(text) { // items that a filter's text names, whether or not anything of them is open
    const shape = await way.talk.ask('POST', 'items', { body: { ...way.config.filters, text, look: true, want: MOST_NAMED, holder: await me } })
    return shape.items
  }

  async function refetched({ whole: { item, now }, uids, open }) {
    const [fresh] = await answered(`"${item}"`), rows = new Map(fresh.tags.map(row => [row.tag, row]))
    for (const [, tag] of uids) {
      const row = rows.get(tag) ?? (await way.talk.ask('GET', 'cell', { query: cellQuery(item, tag) })).row
      rows.set(tag, { ...row, open: open.has(tag) }) // as it was, also before the server has heard that it is taken back
    }
    const said = new Set(uids.map(([, tag]) => tag))
    return { ...fresh, now, tags: [...uids.map(([, tag]) => rows.get(tag)), ...fresh.tags.filter(row => row.given === -1 && !said.has(row.tag))] }
  }

  const cellQuery = (item, tag) => `?item=${encodeURIComponent(item)}&tag=${encodeURIComponent(tag)}`

  async function lookAgain() { // to change one's mind: what is confirmed then is one's newest answer
    const { text } = way.config.filters, items = await answered(text).catch(error => ({ error }))
    if (items.error) return put('last', items.error.message)
    if (current || text !== way.config.filters.text) return
    ahead.push(...items)
    next(false)
    part('stage').focus()
  }

  function shrink(early) { // what undo needs: the id, the labels, and a few bytes an answer
    if (!early?.whole.tags) return
    early.open = new Set(early.whole.tags.filter(row => row.open).map(row => row.tag))
    early.whole = { item: early.whole.item, now: early.whole.now }
  }

  function onKey(event, chord) {
    if (/^[1-9]$/.test(chord)) { if (!event.repeat) { move(Number(chord) - 1); toggle(Number(chord) - 1) } }
    else if (chord === 'ArrowDown') move(focus + 1)
    else if (chord === 'ArrowUp') move(focus - 1)
    else return false
    return true
  }

  part('mat').addEventListener('click', ({ target }) => { if (target.localName === 'img') enlarge() })
  part('look-again').addEventListener('click', lookAgain)
  return way
}
