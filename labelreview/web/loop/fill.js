// A component fills what is left of the window below it (--top: where it begins). Any component may use it.
//
//   const settle = fillWindow(root, box, then)     then(): that may have changed · settle(): no longer

function fillWindow(root, box, then = () => {}) {
  function fit() {
    let top = root.host.getBoundingClientRect().top
    for (let above = root.host; above; above = above.parentElement) top += above.scrollTop
    box.style.setProperty('--top', `${Math.round(top)}px`)
    then()
  }
  const resized = new ResizeObserver(fit), main = root.host.closest('[data-testid=stMain]')?.firstElementChild
  for (const each of [root.host, main]) if (each) resized.observe(each) // what stands above comes, goes and wraps
  window.addEventListener('resize', fit)
  return () => { resized.disconnect(); window.removeEventListener('resize', fit) }
}
