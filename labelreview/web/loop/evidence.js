// What helps to be right, beside the question: look-alikes and examples, other models, what the tag means, the item's other
// tags. Folded by one key; where it is folded, nothing is asked for.

const FOLDED = 'labelreview/evidence'

function openEvidence(part, beside) {
  let open = matchMedia('(width >= 56rem)').matches, painted = null // on a phone the picture comes first
  try { open = ({ open: true, folded: false })[localStorage.getItem(FOLDED)] ?? open } catch { /* blocked */ }

  function fold() {
    part('evidence').hidden = !open
    part('fold').setAttribute('aria-expanded', String(open))
  }
  fold()

  function chips({ others = [], ...cell }) {
    part('others').replaceChildren(...others.map(other => {
      const chip = node('li', '', node('bdi', other.tag))
      if (other.now !== other.given) {
        chip.dataset.now = other.now === 1 ? 'added' : 'removed'
        chip.append(node('small', say(chip.dataset.now)))
      }
      return chip
    }))
    part('others-title').textContent = say(aboutText(others.length ? 'others' : 'no-others', cell))
  }

  return {
    show(cell) {
      const { models: rows = [], definition, item } = cell
      painted = null
      beside.leave()
      chips(cell)
      showModels(part, rows.length > 1 ? rows : []) // one alone stands in the question already
      showDefinition(part, definition)
      part('item').textContent = part('item').title = item
    },
    painted(cell) { // and now, not before: its picture waits for nobody
      painted = cell
      if (open) beside.about(cell)
    },
    clear() {
      painted = null
      beside.leave()
      part('models-box').hidden = part('definition-box').hidden = true
      part('others').replaceChildren()
      part('others-title').textContent = part('item').textContent = ''
    },
    fold() {
      open = !open
      try { localStorage.setItem(FOLDED, open ? 'open' : 'folded') } catch { /* for this visit alone */ }
      fold()
      if (!open) beside.leave()
      else if (painted) beside.about(painted)
    },
  }
}

function showModels(part, rows) {
  part('models-box').hidden = !rows.length
  part('models').replaceChildren(...rows.flatMap(({ name, pred_prob }) => {
    const bar = node('i')
    bar.style.inlineSize = `${100 * (pred_prob ?? 0)}%`
    const line = node('span', '', bar)
    line.className = 'weight'
    return [node('dt', '', node('bdi', name)), node('dd', '', line, node('b', percent(pred_prob)))]
  }))
}

function showDefinition(part, definition) {
  part('definition-box').hidden = !definition
  part('definition').replaceChildren(...(definition ? prose(definition) : []))
}
