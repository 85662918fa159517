// Two sheets over the loop: the keys, and the list of what was done.

function openSheets(root, part, focus) {
  const help = openKeySheet(part, focus), history = part('history'), look = part('look')
  let keys = null

  function stepTo(step) { // up or down the list of answers
    const lines = [...part('deeds').querySelectorAll('button')]
    lines[lines.indexOf(root.activeElement) + step]?.focus()
  }

  function thumbnail({ image }) {
    const made = image ? Object.assign(new Image(), { alt: '', loading: 'lazy', decoding: 'async', src: smaller(image) }) : node('span')
    return Object.assign(made, { className: 'thumb' })
  }

  function clock(at) { // with its day, of another day
    const when = new Date(at), today = when.toDateString() === new Date().toDateString()
    return when.toLocaleString(language, today ? { timeStyle: 'short' } : { dateStyle: 'short', timeStyle: 'short' })
  }

  history.addEventListener('close', focus)
  history.addEventListener('click', event => { if (event.target === history) history.close() })
  part('history-close').addEventListener('click', () => history.close())

  return {
    get open() { return help.open || history.open || look.open },
    keys(of, ...told) { keys = of; help.use(of, ...told) },
    help: () => help.toggle(),
    history(deeds, look) {
      part('history-none').hidden = deeds.length > 0
      part('deeds').replaceChildren(...[...deeds].reverse().slice(0, 100).map(deed => {
        const line = Object.assign(node('span'), { className: 'did' }), words = { tag: node('bdi', deed.cell.tag), value: value(deed.value), n: manyOf(deed) }
        phrase(line, `did-${deedKey(deed)}`, words)
        const about = node('small', '', node('bdi', deed.note ? `${deed.cell.item} · ${deed.note}` : deed.cell.item))
        const what = Object.assign(node('span', '', line, about, ...(deed.undone ? [node('em', say('taken-back'))] : [])), { className: 'deed' })
        const go = node('button', '', thumbnail(deed.cell), what, node('time', clock(deed.at)))
        go.type = 'button'
        if (deed.undone) go.dataset.undone = 'true'
        go.addEventListener('click', () => { history.close(); look(deed.cell) })
        return node('li', '', go)
      }))
      history.showModal()
    },
    onKey(event) { // true when the key was for a sheet
      if (help.onKey(event)) return true
      if (history.open && keys.actionOf(chordOf(event)) === 'history') { history.close(); return true }
      const step = history.open && { ArrowDown: 1, ArrowUp: -1 }[event.key]
      if (step) { stepTo(step); return true }
      return false
    },
  }
}
