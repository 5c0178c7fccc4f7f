// Snapshots for whoever is so far behind that all records of a site would be more than what they come to.
#pragma once

#include "sync/filling.hpp"

#include <set>
#include <string>
#include <vector>

namespace holdfast::sync {

// Whether anybody who lacks that of what is here may be spared some of it.
bool is_far_behind(const Vector& here, const Wanted& lacks);

struct Offer {
    feed::Store::Kept kept;
    std::uint64_t from = 0;  // the first piece that is lacking there
};

// Of those sites ("*": all), for who is as far as `there` and has begun those snapshots; an authority makes one where
// that spares records, or hands on what it made before.
Result<std::vector<Offer>> offers(Replica& replica, const Own& own, const std::vector<std::string>& sites,
                                  const Vector& there, const std::vector<Question::Begun>& begun);
// Those that came here from an authority, and stand for records that are wanted and are not here.
Result<std::vector<Offer>> handed_on(Replica& replica, const Wanted& wanted);

// What is wanted beside them: of a snapshot's feeds what is behind it, and nothing of those in `later`.
Wanted beside(const Wanted& wanted, const std::vector<Offer>& offers, const std::set<feed::Feed>& later = {});

}  // namespace holdfast::sync
