#include "bench/catalog_operations.hpp"

#include "base/cbor.hpp"
#include "base/file.hpp"
#include "base/handle.hpp"
#include "base/openssl.hpp"
#include "catalog/apply.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <openssl/ec.h>
#include <random>
#include <span>

namespace holdfast::bench {

namespace {

using catalog::Change, catalog::Merged, catalog::Seen;

constexpr std::int64_t begin = 1'790'000'000'000, hour = 3'600'000;
constexpr std::size_t records_of_segment = 4096;

constexpr std::array<const char*, 10> paths{"/apiVersion",
                                            "/kind",
                                            "/metadata/annotations/example.net~1rack",
                                            "/metadata/description",
                                            "/metadata/name",
                                            "/metadata/title",
                                            "/spec/lifecycle",
                                            "/spec/owner",
                                            "/spec/system",
                                            "/spec/type"};

// Below `limit`; the same on every computer.
std::size_t below(std::mt19937& random, std::size_t limit) {
    return random() % limit;
}

std::string value_of(std::size_t field, std::size_t entity, std::mt19937& random) {
    constexpr std::array types{"service", "website", "library"};
    constexpr std::array stages{"experimental", "production", "deprecated"};
    switch (field) {
        case 0: return "backstage.io/v1alpha1";
        case 1: return "Component";
        case 2: return "hall-" + std::to_string(below(random, 20)) + "/rack-" + std::to_string(below(random, 100));
        case 3: return "moves water from basin " + std::to_string(below(random, 1000)) + " to the plant";
        case 4: return "part-" + std::to_string(entity);
        case 5: return "Pump " + std::to_string(below(random, 10'000));
        case 6: return stages[below(random, stages.size())];
        case 7: return "team-" + std::to_string(below(random, 50));
        case 8: return "line-" + std::to_string(below(random, 20));
        default: return types[below(random, types.size())];
    }
}

struct Set {
    std::size_t field = 0;
    std::string value;
};
struct Doing {
    std::size_t entity = 0;  // of its site
    std::vector<Set> sets;
};

// In the first round each box makes its share of the entities; later it changes one to three fields of some, of the
// first ones more often than of the last.
std::vector<Doing> doings(std::size_t round, std::size_t box, std::size_t fields, std::mt19937& random) {
    std::vector<Doing> all;
    if (round == 0) {
        for (std::size_t entity = box; entity < entities_of_site; entity += boxes_of_site) {
            Doing& made = all.emplace_back(entity);
            for (std::size_t i = 0; i < paths.size(); ++i) made.sets.push_back({i, value_of(i, entity, random)});
        }
        return all;
    }
    while (fields > 0) {
        const std::size_t a = below(random, entities_of_site), b = below(random, entities_of_site);
        Doing& made = all.emplace_back(a * b / entities_of_site);
        const std::size_t first = 2 + below(random, paths.size() - 2), count = std::min(fields, 1 + below(random, 3));
        for (std::size_t i = first; i < std::min(first + count, paths.size()); ++i)
            if (i != 4) made.sets.push_back({i, value_of(i, made.entity, random)});
        fields -= made.sets.size();
        if (made.sets.empty()) all.pop_back();
    }
    return all;
}

// The boxes of one site, who write what they see.
class Site {
public:
    Site(std::span<Speaker> boxes, std::size_t number)
        : boxes_(boxes), number_(number), random_(static_cast<unsigned>(number)), last_(boxes_of_site) {
        for (const auto& each : boxes_) static_cast<void>(shared_.number_of(each.origin()));
    }

    // Each box does so much on fields; then all hear of it.
    Result<> round(std::size_t round, std::size_t fields, std::string& told) {
        std::vector<std::pair<std::uint32_t, feed::Record>> all;
        for (std::uint32_t box = 0; box < boxes_of_site; ++box) {
            Json line{{"round", round}, {"site", number_}, {"box", number_ * boxes_of_site + box}};
            sees_.clear();
            for (const auto& each : doings(round, box, fields, random_)) {
                last_[box] = feed::after(last_[box], begin + static_cast<std::int64_t>(round) * hour + box);
                all.emplace_back(box, write(box, each));
                line["changes"].push_back(as_told(each));
            }
            told += line.dump() + '\n';
        }
        for (auto& [box, record] : all) {
            TRY(catalog::apply(record, box, shared_));
            boxes_[box].records.push_back(std::move(record));
        }
        std::ranges::fill(last_, std::ranges::max(last_));
        return {};
    }

private:
    std::string name(std::size_t entity) const {
        return "component:site-" + std::to_string(number_) + "/part-" + std::to_string(entity);
    }
    Json as_told(const Doing& doing) const {
        Json fields = Json::array();
        for (const auto& each : doing.sets) fields.push_back({paths[each.field], each.value});
        return {name(doing.entity), fields};
    }
    Merged& seen(const std::string& entity) {
        const auto here = sees_.find(entity);
        if (here != sees_.end()) return here->second;
        const auto known = shared_.all().find(entity);
        return sees_.emplace(entity, known == shared_.all().end() ? Merged() : known->second).first->second;
    }
    feed::Record write(std::uint32_t box, const Doing& doing) {
        const std::uint64_t sequence = next_[box]++;
        const std::string entity = name(doing.entity);
        Merged& here = seen(entity);
        std::vector<std::string> values;
        for (const auto& each : doing.sets) values.push_back(cbor::write(each.value));
        catalog::EntityChange change{entity, {}};
        for (std::size_t i = 0; i < values.size(); ++i) {
            auto& field = change.fields.emplace_back(paths[doing.sets[i].field], values[i]);
            const auto over = here.seen_at(field.path, box);
            for (const auto& each : over) field.over.push_back({boxes_[each.node].origin(), each.sequence});
            std::ranges::sort(field.over);
            here.apply(catalog::Change{{box, sequence}, last_[box], field.path, field.value, over});
        }
        return {sequence, last_[box], catalog::entity_set, catalog::write_change(change)};
    }

    std::span<Speaker> boxes_;
    std::size_t number_;
    std::mt19937 random_;
    std::vector<feed::Stamp> last_;
    std::array<std::uint64_t, boxes_of_site> next_{};
    catalog::Gathered shared_;            // what all of them know
    std::map<std::string, Merged> sees_;  // what one of them sees, where that is more
};

}  // namespace

Speaker::Speaker(std::size_t site) : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), space_("site-" + std::to_string(site)) {
    public_key_ = der_by(i2d_PUBKEY, key_.get());
    origin_ = sha256(public_key_);
}

feed::Sign Speaker::sign() const {
    return [key = key_](std::string_view message) -> Result<std::string> {
        const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
        std::string signature(128, '\0');
        std::size_t size = signature.size();
        if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
            EVP_DigestSign(context.get(), raw(signature), &size, raw(message), message.size()) != 1)
            return openssl_failed("cannot sign");
        signature.resize(size);
        return signature;
    };
}

Result<std::vector<std::string>> Speaker::segments() const {
    const feed::Feed feed{origin_, feed::Class::Catalog};
    std::vector<std::string> all;
    Digest before{};
    for (std::size_t i = 0; i < records.size(); i += records_of_segment) {
        const std::span some(records.data() + i, std::min(records_of_segment, records.size() - i));
        all.push_back(TRY(feed::write_segment(feed, before, some, sign())));
        before = TRY(feed::parse_segment(all.back())).head.last;
    }
    return all;
}

Result<Operations> make_operations(const std::filesystem::path& told) {
    Operations made;
    for (std::size_t i = 0; i < sites * boxes_of_site; ++i) made.boxes.emplace_back(i / boxes_of_site);
    std::deque<Site> all;
    for (std::size_t i = 0; i < sites; ++i)
        all.emplace_back(std::span(made.boxes).subspan(i * boxes_of_site, boxes_of_site), i);
    const std::size_t first = sites * entities_of_site * paths.size();
    const std::size_t later = (field_operations - first) / (sites * boxes_of_site * (rounds - 1));
    std::string lines;
    for (std::size_t round = 0; round < rounds; ++round)
        for (auto& site : all) TRY(site.round(round, later, lines));
    TRY(write_whole(told, lines));
    made.fields = first + later * sites * boxes_of_site * (rounds - 1);
    return made;
}

}  // namespace holdfast::bench
