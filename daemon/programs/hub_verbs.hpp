// holdfast hub …: the verbs of the command line on an authority's folder, by what they are about.
#pragma once

#include "base/json.hpp"
#include "base/words.hpp"

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::hub_verbs {

inline constexpr std::size_t file_limit = 1UL << 20U;

struct Arguments {
    std::filesystem::path state = "/var/lib/holdfast/hub", file, out, keys, module, pin_file, request, intermediate;
    std::string trust_domain, site, name, names = "*", by, what, note, why, url, root, firmware, unknown_tpms;
    std::int64_t hours = 72, uses = 1;
    std::string listen = "0.0.0.0";
    int port = 8443;
    std::vector<std::string> hosts, files;
    bool json = false, issuing = false;
};

using Verb = Result<int> (*)(const Arguments&);

inline std::int64_t now() {
    return std::time(nullptr);
}

inline void print(const Json& object) {
    std::puts(json::write(object).c_str());
}

inline CLI::App* add(CLI::App& to, Verb& chosen, const char* name, const char* help, Verb verb) {
    auto* made = to.add_subcommand(name, help);
    made->callback([&chosen, verb] { chosen = verb; });
    return made;
}

inline void add_place(CLI::App* verb, Arguments& a) {
    verb->add_option("site", a.site, "The box's site")->required();
    verb->add_option("name", a.name, "The box's name")->required();
}

// What is written down is somebody's decision.
inline CLI::Validator somebody() {
    return {[](const std::string& word) { return std::string(trim(word).empty() ? "a name is needed" : ""); }, ""};
}

inline void add_person(CLI::App* verb, Arguments& a) {
    verb->add_option("--by", a.by, "Who you are")->required()->check(somebody());
}

// The message in a file, or in a text file with what was read off its QR codes.
Result<std::string> read_message(const std::filesystem::path& file);

// These add verbs; the one that was called is put into `chosen`.
void add_boxes(CLI::App& app, Arguments& a, Verb& chosen);
void add_knowledge(CLI::App& app, Arguments& a, Verb& chosen);
void add_policy(CLI::App& app, Arguments& a, Verb& chosen);

}  // namespace holdfast::hub_verbs
