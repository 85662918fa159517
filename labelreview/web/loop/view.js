// The view: all that touches the page. Names, ids and notes are data: textContent, never innerHTML.

const VALUE = { 1: 'yes', 0: 'no', '-1': 'unsure' }
const START = 'This page was started without its routes. Stop it and start the app with: streamlit run app.py'

const number = value => value.toLocaleString('en')

function openView(root, part, whole) {
  const loop = part('loop'), stage = part('stage'), note = part('note'), text = part('note-text'), help = part('help')
  const put = (name, words) => { part(name).textContent = words }
  const card = openCard(stage, whole)
  let lastSaid = ''

  function chips({ others }, noun) {
    part('others').replaceChildren(...others.map(other => {
      const chip = document.createElement('li'), name = document.createElement('bdi')
      name.textContent = other.tag
      chip.append(name)
      if (other.now !== other.given) {
        chip.dataset.now = other.now === 1 ? 'added' : 'removed'
        chip.append(Object.assign(document.createElement('small'), { textContent: chip.dataset.now }))
      }
      return chip
    }))
    put('others-title', others.length ? `Other tags of this ${noun}` : `No other tags on this ${noun}`)
  }

  function percent(probability) {
    if (probability === null) return 'has no opinion'
    if (probability < 0.01) return '< 1 %'
    return probability > 0.99 ? '> 99 %' : `${Math.round(100 * probability)} %`
  }

  function picture(entry, cell) {
    const { image, why } = entry ?? {}
    if (image) {
      image.style.setProperty('--ratio', image.naturalWidth / image.naturalHeight)
      image.style.setProperty('--most', `${4 * image.naturalWidth}px`)
    }
    const text = isText(cell), frame = text && image ? framed(image) : image
    if (!text) card.clear()
    part('mat').dataset.holds = text ? frame ? 'both' : 'text' : 'picture'
    part('mat').replaceChildren(...(frame ? [frame] : []), ...(text ? [card.of(cell)] : []))
    const missing = Boolean(entry) && !image && !text
    part('notice').hidden = !missing
    if (missing) { put('notice-title', 'No picture to show'); put('notice-text', why); part('again').hidden = part('all').hidden = true }
  }

  function framed(image) {
    const frame = Object.assign(document.createElement('div'), { className: 'frame' })
    frame.append(image)
    return frame
  }

  function fit() { // the loop fills what is left of the window below it
    let scrolled = 0
    for (let above = root.host; above; above = above.parentElement) scrolled += above.scrollTop
    loop.style.setProperty('--top', `${Math.round(root.host.getBoundingClientRect().top + scrolled)}px`)
  }

  function answerable(is) {
    if (loop.dataset.answerable === String(is)) return
    loop.dataset.answerable = is
    for (const name of ['keep', 'take', 'unsure', 'flag']) root.querySelector(`[data-action="${name}"]`).disabled = !is
  }

  return {
    fit,
    focus() { stage.focus({ preventScroll: true }) },
    wire(act, flag, again, all) {
      for (const button of root.querySelectorAll('[data-action]')) {
        button.addEventListener('click', () => { act(button.dataset.action); if (note.hidden && !help.open) stage.focus({ preventScroll: true }) })
      }
      text.addEventListener('keydown', event => {
        if (event.isComposing || (event.key !== 'Enter' && event.key !== 'Escape')) return
        event.preventDefault()
        event.stopPropagation()
        flag(event.key === 'Enter' ? text.value : '')
      })
      note.addEventListener('submit', event => event.preventDefault())
      part('help-close').addEventListener('click', () => this.help())
      part('again').addEventListener('click', again)
      part('all').addEventListener('click', all)
    },
    keys(table) {
      for (const { action, key, cap, does } of table) {
        const button = root.querySelector(`[data-action="${action}"]`)
        if (!button) continue
        button.querySelector('kbd').textContent = cap
        button.setAttribute('aria-keyshortcuts', key.length === 1 ? key.toUpperCase() : key)
        button.title = does
      }
      part('help-list').replaceChildren(...table.flatMap(({ cap, does }) => {
        const term = document.createElement('dt'), key = document.createElement('kbd'), meaning = document.createElement('dd')
        key.textContent = cap
        meaning.textContent = does
        term.append(key)
        return [term, meaning]
      }))
    },
    show(cell, entry) {
      loop.dataset.state = entry ? 'ready' : 'loading'
      loop.dataset.item = cell.item
      loop.dataset.tag = cell.tag
      part('ask').hidden = false
      answerable(true)
      picture(entry, cell)
      put('ask-end', nounOf(cell) === 'text' ? 'right for this text?' : 'in this picture?')
      put('tag', cell.tag)
      part('tag').title = cell.tag
      put('given', VALUE[cell.given])
      part('given').dataset.value = VALUE[cell.given]
      put('prob', percent(cell.pred_prob))
      part('meter').parentElement.hidden = cell.pred_prob === null
      part('meter').style.insetInlineStart = `${100 * (cell.pred_prob ?? 0)}%`
      put('keep-text', `Keep ${VALUE[cell.given]}`)
      put('take-text', `Change to ${VALUE[cell.suggested]}`)
      for (const [action, value] of [['keep', cell.given], ['take', cell.suggested]]) {
        root.querySelector(`[data-action="${action}"]`).dataset.value = VALUE[value]
      }
      put('reason', cell.reason)
      part('reason').hidden = !cell.reason
      put('item', cell.item)
      part('item').title = cell.item
      chips(cell, nounOf(cell))
      const answer = cell.answers.at(-1)
      part('answered').hidden = !answer && !cell.flagged
      put('answered', answer ? `You answered ${VALUE[answer.value]}` : 'You flagged this')
    },
    painted(is, cell) {
      loop.dataset.painted = is ? '1' : '0'
      if (!is) return
      if (document.activeElement === document.body) stage.focus({ preventScroll: true })
      const model = cell.pred_prob === null ? 'no prediction' : `model ${percent(cell.pred_prob)}`
      const asked = nounOf(cell) === 'text' ? 'right for this text' : 'in this picture'
      put('live', `${lastSaid} Is ${cell.tag} ${asked}? Labelled ${VALUE[cell.given]}, ${model}. ${nounOf(cell) === 'text' ? 'Text' : 'Picture'} ${cell.item}.`)
    },
    notice(state, title, words, { again = false, all = false } = {}) {
      loop.dataset.state = state
      delete loop.dataset.item
      card.clear()
      part('mat').replaceChildren()
      part('ask').hidden = true
      answerable(false)
      part('answered').hidden = true
      put('item', '')
      put('others-title', '')
      part('others').replaceChildren()
      part('notice').hidden = false
      part('again').hidden = !again
      part('all').hidden = !all
      put('notice-title', title)
      put('notice-text', words)
      put('live', `${lastSaid} ${title}. ${words}`)
    },
    last(words, tag) {
      const name = document.createElement('bdi')
      name.textContent = tag
      part('last').replaceChildren(`${words} `, name)
      lastSaid = `${words} ${tag}.`
    },
    counts(counts, pace) {
      const { answered, total } = counts ?? { answered: 0, total: 0 }
      part('bar').style.inlineSize = `${total ? 100 * answered / total : 0}%`
      put('counts', counts ? `${number(answered)} answered · ${number(total - answered)} left${pace ? ` · ${pace} a minute` : ''}` : '')
    },
    saved(waiting, trouble, refused, durable) {
      loop.dataset.pending = waiting
      const parts = [waiting ? `${number(waiting)} waiting to be saved` : 'All saved']
      if (trouble?.kind === 'routes') parts.push(START)
      else if (trouble) parts.push(waiting ? `${trouble.message}, trying again${durable ? ' (kept in this browser)' : ''}` : trouble.message)
      if (!durable) parts.push('this browser cannot keep them: do not close the page')
      if (refused) parts.push(`${refused} refused by the server, kept aside in this browser`)
      part('saved').dataset.tone = trouble || refused || !durable ? 'warn' : waiting ? 'busy' : 'calm'
      put('saved', parts.join(' · '))
    },
    accepted(count) { loop.dataset.accepted = count },
    askNote(open) {
      note.hidden = !open
      text.value = ''
      if (open) text.focus()
      else stage.focus({ preventScroll: true })
    },
    help() {
      if (help.open) { help.close(); stage.focus({ preventScroll: true }) } else help.showModal()
    },
    get helpOpen() { return help.open },
  }
}
