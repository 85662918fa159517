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
