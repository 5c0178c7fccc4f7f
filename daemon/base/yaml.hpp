// YAML that people write, read strictly: every refusal names file, line and key, and what to write instead.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace YAML {
class Node;
}

namespace holdfast::yaml {

// One mapping ("key: value" lines) of a document, with the place it stands at.
// Every error has Code::Corrupt (or NotFound for a missing file) and reads "FILE:LINE: KEY: what is wrong; write …".
class Mapping {
public:
    // A document of at most 1 MiB whose top is a mapping.
    static Result<Mapping> load(const std::filesystem::path& file);
    static Result<Mapping> parse(std::string_view text, const std::string& name);
    // The same of settings: nothing where there is nothing but comments, which are no mapping to YAML.
    static Result<std::optional<Mapping>> parse_settings(std::string_view text, const std::string& name);
    // What a site wants, in /etc/holdfast below `root`, else what its image says in /usr/lib/holdfast; nothing where
    // there is neither, or where it has nothing but comments.
    static Result<std::optional<Mapping>> load_settings(const std::filesystem::path& root, const std::string& file);

    // Refuses every key that is not one of `known`, with the nearest known one as a suggestion.
    Result<> only(const std::vector<std::string_view>& known) const;

    bool has(std::string_view key) const;
    Result<std::string> text(std::string_view key) const;  // required
    Result<std::string> text(std::string_view key, std::string_view otherwise) const;
    Result<bool> boolean(std::string_view key, bool otherwise) const;
    Result<long> whole(std::string_view key, long otherwise) const;
    Result<std::vector<std::string>> texts(std::string_view key) const;  // missing: empty
    Result<Mapping> child(std::string_view key) const;                   // required
    Result<std::optional<Mapping>> optional_child(std::string_view key) const;
    Result<std::vector<Mapping>> children(std::string_view key) const;  // a list of mappings; missing: empty
    // One of `allowed`, or an error that lists them.
    Result<std::string> one_of(std::string_view key, const std::vector<std::string_view>& allowed) const;

    std::vector<std::string> keys() const;
    // An error at `key` (or at the mapping itself where there is no such key), for checks of meaning.
    std::unexpected<Error> refuse(std::string_view key, std::string_view why) const;

private:
    Mapping(std::string name, std::shared_ptr<YAML::Node> node) : name_(std::move(name)), node_(std::move(node)) {}
    Result<YAML::Node> scalar(std::string_view key) const;
    Result<Mapping> adopt(std::string_view key, const YAML::Node& node) const;
    std::string name_;
    std::shared_ptr<YAML::Node> node_;
};

}  // namespace holdfast::yaml
