// What was done here, oldest first: answers, flags and skips, with what was taken back. Undo goes any number back, over a
// reload too: what this page does not know any more the server tells.

const TOGETHER = 'together' // the screen of what another cell's key has settled too
const REMEMBERED = 300, RECALLED = 100
const VERDICT = { 1: 'present', 0: 'absent', '-1': 'unsure' }
const LABEL = { present: 1, absent: 0, unsure: -1 }

function openHistory(talk, sender, queue) {
  let deeds = [], older = true, recalling = null

  // { uid, cell, kind: 'answer' | 'flag' | 'skip', value, note, at, undone, also: [{ uid, cell, counted }] (settled by the same key) };
  // counted: by what queue.count says it was counted, 0 where it was not
  function add(deed) {
    deeds.push({ undone: false, at: Date.now(), ...deed })
    if (deeds.length > REMEMBERED) { deeds = deeds.slice(-REMEMBERED + RECALLED); older = true }
  }

  const standing = () => deeds.filter(deed => !deed.undone)

  // What this reviewer did before this page was loaded; who asks while it is on its way waits for the same answer.
  const recall = () => recalling ??= recalled().finally(() => { recalling = null })

  async function recalled() {
    if (!older) return
    const mine = queue.round
    await sender.flush()
    if (sender.box.size) return
    const query = `?n=${RECALLED}`
    const shape = await talk.ask('GET', 'recent', { query }).catch(() => null)
    if (!shape || mine !== queue.round) return
    older = shape.decisions.length === RECALLED
    const here = new Set(deeds.map(({ uid }) => uid))
    let also = []
    for (const decision of shape.decisions) { // newest first
      if (here.has(decision.uid)) continue
      const deed = remembered(decision)
      if (also.length && also[0].at !== Date.parse(decision.at)) { deeds.unshift(...also.reverse()); also = [] }
      if (decision.screen === TOGETHER) { also.push(deed); continue }
      deeds.unshift({ ...deed, also: also.map(({ uid, cell }) => ({ uid, cell })) })
      also = []
    }
    deeds.unshift(...also.reverse())
  }

  function remembered({ uid, at, verdict, note, item, tag, screen, cell: shape }) {
    const key = cellKey({ item, tag })
    const asked = queue.known(key), again = asked?.screen?.startsWith('again:') && asked.screen !== screen // asked anew
    const cell = (again ? null : asked) ?? deeds.find(deed => cellKey(deed.cell) === key)?.cell
      ?? { ...shape, answers: [], flagged: null, touched: true }
    if (!verdict) cell.flagged = uid
    else if (!cell.answers.some(answer => answer.uid === uid)) cell.answers.unshift({ uid, value: LABEL[verdict] })
    return { uid, cell, kind: verdict ? 'answer' : 'flag', value: LABEL[verdict], note, at: Date.parse(at), undone: false }
  }

  return {
    add, recall,
    restart() { deeds = []; older = true },
    get empty() { return !standing().length },
    get deeds() { return deeds },
    async undo() { // the newest that stands, taken back; undefined when there is none
      if (!standing().length) await recall()
      const deed = standing().at(-1)
      if (!deed) return undefined
      deed.undone = true
      for (const { cell, uid, counted } of [deed, ...(deed.also ?? [])]) {
        const answered = cell.answers.length > 0
        cell.answers = cell.answers.filter(answer => answer.uid !== uid)
        if (cell.flagged === uid) cell.flagged = null
        cell.touched = true
        if (answered && !cell.answers.length) queue.discount(counted)
      }
      return deed
    },
  }
}
