// Which old file a new one most likely came from.
#pragma once

#include "content/sources.hpp"

#include <optional>
#include <unordered_map>

namespace holdfast::publish {

class Counterparts {
public:
    // `old` must outlive this.
    explicit Counterparts(const std::vector<content::Member>& old);

    // The number of the old member at the same path; else at one that differs in digits only, as versions do; else of
    // the same name elsewhere. Nothing where there is none, or several that fit equally well.
    std::optional<std::size_t> find(const std::filesystem::path& path) const;

private:
    using Index = std::unordered_map<std::string, std::optional<std::size_t>>;  // empty where a name stands twice
    static std::optional<std::size_t> look(const Index& index, const std::string& key);
    Index paths_, versionless_, names_;
};

// Each run of digits becomes one '#': "linux-6.12.117" and "linux-6.12.118" look alike.
std::string without_digits(const std::string& text);

}  // namespace holdfast::publish
