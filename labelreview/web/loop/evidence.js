// What helps to be right, beside the question: the item's other tags, other models, what the tag means. Folded by one key.

const FOLDED = 'labelreview/evidence'

function openEvidence(part) {
  let open = true
  try { open = localStorage.getItem(FOLDED) !== 'folded' } catch { /* blocked: open */ }

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

  function models(rows) {
    part('models-box').hidden = !rows.length
    part('models').replaceChildren(...rows.flatMap(({ name, pred_prob }) => {
      const bar = node('i')
      bar.style.inlineSize = `${100 * (pred_prob ?? 0)}%`
      const line = node('span', '', bar)
      line.className = 'weight'
      return [node('dt', '', node('bdi', name)), node('dd', '', line, node('b', percent(pred_prob)))]
    }))
  }

  return {
    show(cell) {
      const { models: rows = [], definition, item } = cell
      chips(cell)
      models(rows.length > 1 ? rows : []) // one alone stands in the question already
      part('definition-box').hidden = !definition
      part('definition').replaceChildren(...(definition ? prose(definition) : []))
      part('item').textContent = part('item').title = item
    },
    clear() {
      part('models-box').hidden = part('definition-box').hidden = true
      part('others').replaceChildren()
      part('others-title').textContent = part('item').textContent = ''
    },
    fold() {
      open = !open
      try { localStorage.setItem(FOLDED, open ? 'open' : 'folded') } catch { /* for this visit alone */ }
      fold()
    },
  }
}

function percent(probability) {
  if (probability === null || probability === undefined) return say('no-opinion')
  if (probability < 0.01) return '< 1 %'
  return probability > 0.99 ? '> 99 %' : `${Math.round(100 * probability)} %`
}

// A little markdown, as elements: paragraphs, lists, headings, **bold**, *italic*, `code`, [links](https://…). All else is text.
function prose(source) {
  const blocks = []
  for (const block of source.slice(0, 20000).split(/\n\s*\n/)) {
    let list = null, text = null
    for (const line of block.split('\n')) {
      const item = /^\s*(?:[-*+]|\d+[.)])\s+(.+)/.exec(line), heading = /^\s*#{1,6}\s+(.+)/.exec(line)
      if (item) { if (!list) blocks.push(list = node('ul')); list.append(node('li', '', ...spans(item[1]))); text = null }
      else if (heading) { blocks.push(node('h4', '', ...spans(heading[1]))); list = text = null }
      else if (line.trim()) {
        if (text) text.append(' ', ...spans(line.trim()))
        else blocks.push(text = node('p', '', ...spans(line.trim())))
        list = null
      }
    }
  }
  return blocks
}

const SPAN = /\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|`([^`]+)`|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/

function spans(text) {
  const found = SPAN.exec(text)
  if (!found) return text ? [text] : []
  const [whole, bold, italic, code, name, address] = found
  const made = bold ? node('strong', bold) : italic ? node('em', italic) : code ? node('code', code)
    : Object.assign(node('a', name), { href: address, target: '_blank', rel: 'noopener noreferrer' })
  return [...(found.index ? [text.slice(0, found.index)] : []), made, ...spans(text.slice(found.index + whole.length))]
}
