// The picture as large as the window: wheel and double click zoom in it, fingers pinch and drag as on any page.
//
//   const enlarged = openEnlarged(part, left)     enlarged.show(picture, larger, words): an <img>, and a promise of a larger one

const LARGEST = 8

function openEnlarged(part, left) {
  const dialog = part('large'), mat = part('large-mat')
  let zoom = 1, shown = 0

  function put(image) { // a copy: the page keeps its own
    mat.replaceChildren(Object.assign(new Image(), { alt: image.alt, src: image.src, style: sized(image).style.cssText }))
  }

  function zoomTo(next, { clientX, clientY }) { // what is under the pointer stays there
    const before = mat.firstElementChild?.getBoundingClientRect()
    if (!before) return
    zoom = Math.max(1, Math.min(LARGEST, next))
    mat.style.setProperty('--zoom', zoom)
    const after = mat.firstElementChild.getBoundingClientRect()
    mat.scrollLeft += (clientX - before.left) / before.width * after.width + after.left - clientX
    mat.scrollTop += (clientY - before.top) / before.height * after.height + after.top - clientY
  }

  mat.addEventListener('wheel', event => { event.preventDefault(); zoomTo(zoom * Math.exp(-event.deltaY / 400), event) }, { passive: false })
  mat.addEventListener('dblclick', event => zoomTo(zoom > 1 ? 1 : 3, event))
  part('large-close').addEventListener('click', () => dialog.close())
  dialog.addEventListener('click', ({ target }) => { if (target === dialog) dialog.close() }) // beside it
  dialog.addEventListener('close', () => { shown++; mat.replaceChildren(); left() })

  return {
    show(image, larger, words) {
      const mine = ++shown
      zoom = 1
      mat.style.setProperty('--zoom', 1)
      put(image)
      part('large-text').textContent = words
      dialog.showModal()
      mat.focus()
      larger.then(better => { if (better && mine === shown) put(better) })
    },
  }
}
