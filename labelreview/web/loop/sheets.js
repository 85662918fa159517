// Two sheets over the loop: the keys, and the list of what was done.

function openSheets(root, part, focus) {
  const help = openKeySheet(part, focus), history = part('history'), look = part('look')
  let keys = null

  function stepTo(step) { // up or down the list of answers
    const lines = [...part('deeds').querySelectorAll('button')]
    lines[lines.indexOf(root.activeElement) + step]?.focus()
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
        const line = node('span'), words = { tag: node('bdi', deed.cell.tag), value: value(deed.value), n: manyOf(deed) }
        phrase(line, `did-${deedKey(deed)}`, words)
        const go = node('button', '', line, node('small', '', node('bdi', deed.note ? `${deed.cell.item} · ${deed.note}` : deed.cell.item)))
        go.type = 'button'
        if (deed.undone) { go.dataset.undone = 'true'; go.append(node('em', say('taken-back'))) }
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
