// What a hundred boxes say of the same entities: twenty sites of five boxes each. The boxes of a site hear of each
// other after each of ten rounds, and of nothing within one.
#pragma once

#include "feed/segment.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <openssl/evp.h>
#include <string>
#include <vector>

namespace holdfast::bench {

inline constexpr std::size_t sites = 20, boxes_of_site = 5, rounds = 10, entities_of_site = 1000;
inline constexpr std::size_t field_operations = 1'000'000;

// One box, and all that it has said.
class Speaker {
public:
    explicit Speaker(std::size_t site);
    const Digest& origin() const { return origin_; }
    const std::string& public_key() const { return public_key_; }
    const std::string& space() const { return space_; }
    feed::Sign sign() const;
    // Its feed, as it is carried: segments of some thousand records.
    Result<std::vector<std::string>> segments() const;

    std::vector<feed::Record> records;

private:
    std::shared_ptr<EVP_PKEY> key_;
    std::string public_key_, space_;
    Digest origin_{};
};

struct Operations {
    std::vector<Speaker> boxes;
    std::size_t fields = 0;  // how many operations on one field
};

// The same operations each time, by boxes whose keys are new. Writes them to `told` as well, for peers: a line is what
// one box does in one round, {"round", "site", "box", "changes": [[entity, [[path, value], …]], …]}.
Result<Operations> make_operations(const std::filesystem::path& told);

}  // namespace holdfast::bench
