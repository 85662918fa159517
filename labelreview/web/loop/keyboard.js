// Keys: which action a key stands for. The table comes from keys.py; a reviewer may change it, and what they chose is kept
// in this browser. A key stands for one action; reserved keys are refused. Any component may use it with a table of its own.

const ONLY_FOR_TEXT = /^(?!button|checkbox|radio|range|submit|reset|color|file|image)/
const OWN_ARROWS = '[role=radiogroup],[role=slider],[role=listbox],[role=menu],[role=grid],[role=tablist],canvas,input[type=range]'

function takesText(target) {
  const name = target.tagName
  return name === 'TEXTAREA' || name === 'SELECT' || target.isContentEditable || (name === 'INPUT' && ONLY_FOR_TEXT.test(target.type))
}

const UNDO = 'Ctrl+z' // and Cmd+Z: undo as everywhere, beside the key of the table
const isUndo = ({ key, code, ctrlKey, metaKey, altKey, shiftKey }) => ctrlKey !== metaKey && !altKey && !shiftKey
  && (key.toLowerCase() === 'z' || (key > '~' && code === 'KeyZ'))
const isForeign = event => event.isComposing || (!isUndo(event) && (event.ctrlKey || event.metaKey || event.altKey)) // the browser's own

function chordOf(event) { // 'a', '+', 'ArrowLeft', 'Shift+a', 'Shift+ArrowLeft'
  const { key, code, shiftKey } = event
  if (isUndo(event)) return UNDO
  if (key.length > 1) return key.startsWith('Arrow') && shiftKey ? `Shift+${key}` : key
  let sign = key.toLowerCase()
  if (sign > '~' && code.startsWith('Key')) sign = code.slice(3).toLowerCase() // on a Cyrillic or Greek layout the place counts
  sign = { '=': '+', _: '-' }[sign] ?? sign // the same key, with and without Shift
  return shiftKey && /^[a-z]$/.test(sign) ? `Shift+${sign}` : sign
}

const plain = chord => chord.replace(/^Shift\+(?=.$)/, '')

// table: { rows: [{ action, does, keys: { both, left, right } }], presets: [name], reserved: [key], caps: { key: text } }
function openKeys(table, name, way = '') { // way: whose own keys these are, of several tables that share a preset
  const place = `labelreview/keys/${name}`
  let kept = { preset: table.presets[0], mine: false, own: {} } // own: { preset: { action: key } }, what was changed of each; mine: that holds
  try { kept = { ...kept, ...JSON.parse(localStorage.getItem(place)) } } catch { /* blocked or spoilt: as it came */ }
  if (!table.presets.includes(kept.preset)) kept.preset = table.presets[0]

  const given = action => table.rows.find(row => row.action === action)?.keys[kept.preset] ?? ''
  const changes = () => (kept.mine && kept.own[kept.preset]) || {}
  const keyOf = action => changes()[way + action] ?? given(action)
  const holder = chord => table.rows.find(({ action }) => keyOf(action) === chord)?.action
  const keep = () => { try { localStorage.setItem(place, JSON.stringify(kept)) } catch { /* for this visit alone */ } }

  function set(keys) { // { action: key }
    const own = { ...changes() }
    for (const [action, chord] of Object.entries(keys)) {
      if (chord === given(action)) delete own[way + action]
      else own[way + action] = chord
    }
    kept.own[kept.preset] = own
    kept.mine = Object.keys(own).length > 0
    if (!kept.mine) delete kept.own[kept.preset]
    keep()
  }

  function capOf(chord) {
    const [, shift, key] = /^(Shift\+)?(.+)$/.exec(chord) ?? ['', '', '']
    return `${shift ? '⇧ ' : ''}${table.caps[key] ?? (key.length === 1 ? key.toUpperCase() : key)}`
  }

  return {
    keyOf, capOf,
    get choices() { // the presets, then one's own sets: [{ preset, mine, held }]
      const held = (preset, mine) => ({ preset, mine, held: kept.preset === preset && kept.mine === mine })
      return [...table.presets.map(each => held(each, false)), ...table.presets.filter(each => kept.own[each]).map(each => held(each, true))]
    },
    cap: action => capOf(keyOf(action)),
    actionOf: chord => chord === UNDO ? 'undo' : holder(chord) ?? holder(plain(chord)),
    change(action, chord) { // '' or why not: 'reserved', 'unusable', or the action that has the key
      const ours = table.rows.some(row => Object.values(row.keys).includes(chord)) // of a preset: Enter, in the grid
      if (chord.length > 1 && !ours && !/^(Shift\+)?(Arrow\w+|[a-z])$/.test(chord)) return 'unusable'
      if (table.reserved.includes(plain(chord))) return 'reserved'
      const other = holder(chord)
      if (other && other !== action) return other
      set({ [action]: chord })
      return ''
    },
    swap(action, chord) { set({ [action]: chord, [holder(chord)]: keyOf(action) }) }, // the two that want one key exchange theirs
    use({ preset, mine }) { Object.assign(kept, { preset, mine }); keep() },
  }
}
