// Why nothing is asked, and what the buttons of notice.html then offer. Any component may use it.
//
//   whyNothing(counts, config), whyTrouble(error)     [title, words, { again, all, lift }: which of OFFERS]

const OFFERS = ['again', 'all', 'lift'] // look again · go on with all cells · lift all filters

function whyNothing({ total, answered }, { filters: { suspects, unlabelled, tag }, narrowed }) {
  const offers = { all: suspects, lift: narrowed || unlabelled }, left = total - answered
  const words = key => say(key, { answered: number(answered), total: number(total), left: number(left) })
  if (!total && suspects && !narrowed && !tag) return [say('no-suspects'), say('no-suspects-why'), offers]
  if (!total) return [say(suspects ? 'no-suspect' : unlabelled ? 'no-unlabelled' : 'no-match'), narrowed || tag ? say('choose-another') : '', offers]
  if (left > 0) return [say('nothing-now'), words('nothing-now-why'), { again: true, ...offers }]
  if (offers.lift || tag) return [say('filter-done'), words('filter-done-why'), offers] // a tag that cannot be lifted: the grid's
  if (suspects) return [say('suspects-done'), words('suspects-done-why'), offers]
  return [say('all-done'), words('all-done-why'), offers]
}

function whyTrouble(error) {
  if (error.kind === 'routes') return [say('no-routes'), error.message]
  if (error.kind === 'refused') return [say('not-fetched'), error.message]
  return [say('waiting-server'), say('trying', { trouble: error.message })]
}

const withoutFilters = config => location.assign(`${location.pathname}?project=${encodeURIComponent(config.name)}`)
