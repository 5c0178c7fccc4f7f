// What each box has done, as a library tells it to others: by replicas that see what their box has seen. The boxes of a
// site hear of each other after each round.
'use strict';

function rounds_of_site(rounds, site, { replica, change, take }) {
  const docs = new Map(), made = [];
  for (const [number, told] of rounds.entries()) {
    const here = told.filter(each => each.site === site).map(({ box, changes }) => {
      if (!docs.has(box)) docs.set(box, replica(box));
      return { box, number, update: change(docs.get(box), changes) };
    });
    for (const [box, doc] of docs) take(doc, here.filter(each => each.box !== box).map(each => each.update));
    made.push(...here);
  }
  return made;
}

// By round, as they would come.
function updates_of({ rounds }, library) {
  const sites = new Set(rounds.flat().map(each => each.site));
  const made = [...sites].flatMap(site => rounds_of_site(rounds, site, library));
  return made.sort((a, b) => a.number - b.number || a.box - b.box).map(each => each.update);
}

module.exports = { updates_of };
