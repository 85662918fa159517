// Talking with the routes: one function to ask, the troubles it can meet, and this tab's name. Any component may use it.
//
//   const talk = openTalk(() => ({ at, header, token, lasts, version, renew }))   // read anew at each request
//   await talk.ask('POST', 'queue', { body })                              // JSON in, JSON out, or a Trouble
//   await me                                                               // this tab's name: it holds the leases

const PATIENCE = 15000

class Trouble extends Error { // kind: down (try again, after `wait`) | token (a new one was asked for) | refused | routes
  constructor(kind, message = '', status = 0, more = {}) { super(message); Object.assign(this, { kind, status, wait: 0, keep: false }, more) }
}

function openTalk(now) {
  let asking = '', had = '', since = 0, outdated = ''

  async function ask(method, word, { query = '', body, keepalive = false, signal, priority = 'auto' } = {}) {
    const { at, header, token, lasts } = now()
    if (token !== had) { had = token; since = Date.now() }
    else if (Date.now() - since > lasts * 500) askForToken(token) // half its time: a new one before it ends
    let answer
    try {
      answer = await fetch(`${at}/${word}${query}`, {
        method, keepalive, priority, credentials: 'same-origin', cache: 'no-store', body: body && JSON.stringify(body),
        headers: { [header]: token, 'Content-Type': 'application/json', 'Accept-Language': language }, signal: patience(signal),
      })
    } catch { throw new Trouble('down', say('silent')) }
    if (!/json/.test(answer.headers.get('Content-Type') ?? '')) {
      throw answer.status < 500 ? new Trouble('routes', say('start')) : new Trouble('down', say('server-error'))
    }
    follow(answer.headers.get('X-Labelreview-Version'))
    const shape = await answer.json().catch(() => { throw new Trouble('down', say('broke-off')) })
    if (answer.status === 401) { askForToken(token); throw new Trouble('token', say('new-token')) }
    if (answer.status === 429) throw new Trouble('down', say('too-fast'), 429, { wait: 1000 * (Number(answer.headers.get('Retry-After')) || 1) })
    const again = answer.status >= 500 || answer.status === 408
    if (!answer.ok) throw new Trouble(again ? 'down' : 'refused', shape.error, answer.status, { keep: shape.kind === 'role' })
    return shape
  }

  function follow(version) { // the project has other data now: the page learns of it, and this component by the page
    if (!version || version === now().version || version === outdated) return
    outdated = version
    now().renew('auth', Date.now())
  }

  function askForToken(token) {
    if (asking === token) return
    asking = token
    now().renew('auth', Date.now())
    setTimeout(() => { if (asking === token) asking = '' }, 5000)
  }

  return { ask, renewed() { asking = '' } }
}

function patience(signal) { // what is asked for may be given up
  const late = AbortSignal.timeout(PATIENCE)
  return signal && AbortSignal.any ? AbortSignal.any([signal, late]) : late
}

async function tabId() { // survives a reload; a duplicated tab copies it, which the lock notices
  let id = null
  try { id = sessionStorage.getItem('labelreview/tab') } catch { /* blocked: a new id each time */ }
  if (id && navigator.locks && !await lock(id)) id = null
  if (!id) { id = newId(); if (navigator.locks) lock(id) }
  try { sessionStorage.setItem('labelreview/tab', id) } catch { /* blocked */ }
  return id
}

const lock = id => new Promise(got => navigator.locks.request(`labelreview/tab/${id}`, { ifAvailable: true }, held => {
  got(Boolean(held))
  return held ? new Promise(() => {}) : undefined // held for as long as the page lives
}).catch(() => got(true)))

function newId() { // crypto.randomUUID needs a secure context, this does not
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')
}

const me = tabId()
