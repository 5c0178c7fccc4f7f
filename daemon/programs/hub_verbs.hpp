// holdfast hub …: the verbs of the command line on an authority's folder, by what they are about.
#pragma once

#include "base/json.hpp"
#include "base/said.hpp"
#include "base/text.hpp"
#include "base/words.hpp"
#include "hub/authority.hpp"
#include "hub/store.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::hub_verbs {

inline constexpr std::size_t file_limit = 1UL << 20U;
inline constexpr auto usual_state = "/var/lib/holdfast/hub", to_stdout = "-", your_name = "YOUR-NAME";

struct Arguments {
    std::filesystem::path state = usual_state, file, out, keys, module, pin_file, request, intermediate;
    std::string trust_domain, site, name, names = "*", by, what, note, why, url, root, firmware, unknown_tpms,
                                          endorsement;
    std::int64_t hours = 72, uses = 1;
    std::string listen = "0.0.0.0";
    int port = 8443, leaf_port = 7422;
    std::string group;
    std::vector<std::string> hosts, files;
    bool json = false, issuing = false, force = false, bring_back = false, refused = false, withdraw = false;
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
    return {[](const std::string& word) {
                if (trim(word) == your_name) return "put your own name in place of " + std::string(your_name);
                return wrong_words(word);
            },
            ""};
}

inline void add_person(CLI::App* verb, Arguments& a) {
    verb->add_option("--by", a.by, "Who you are")->required()->check(somebody());
}

inline CLI::Option* add_reason(CLI::App* verb, Arguments& a) {
    return verb->add_option("--why", a.why, "What has happened, for whoever looks at it later")
        ->check(CLI::Validator(wrong_words, ""));
}

inline void add_out(CLI::App* verb, Arguments& a, const char* help) {
    verb->add_option("--out", a.out, help);
    verb->add_flag("--force", a.force, "Write over a file that is there and is something else");
}

// The message in a file, or in a text file with what was read off its QR codes.
Result<std::string> read_message(const std::filesystem::path& file);

// Writes a verb's file; "-" is the standard output. What is there is written over where it is of the same kind, which
// is made again when it is asked for again, or with `force`; else Denied.
Result<> put(const std::filesystem::path& out, const std::string& bytes, bool force);
// That alone, before something is decided. A kind is the first line of PEM, or kind_answer.
inline constexpr std::string_view kind_answer = "answer";
Result<> check_place(const std::filesystem::path& out, std::string_view kind, bool force);
// Where the words on that go.
inline std::FILE* words_on(const std::filesystem::path& out) {
    return out == to_stdout ? stderr : stdout;
}

// What was judged last of a box, for programs.
inline Json judged_json(const std::optional<hub::Judged>& last) {
    return last ? Json{{"outcome", last->outcome}, {"at", last->at}, {"since", last->since}} : Json();
}

// As a shell takes it.
std::string quoted(const std::string& word);
// "holdfast hub WORDS", for this authority: to be pasted.
std::string command(const Arguments& a, const std::string& words);

// These add verbs; the one that was called is put into `chosen`.
void add_tickets(CLI::App& app, Arguments& a, Verb& chosen);
void add_boxes(CLI::App& app, Arguments& a, Verb& chosen);
void add_list(CLI::App& app, Arguments& a, Verb& chosen);
void add_nodes(CLI::App& app, Arguments& a, Verb& chosen);
void add_knowledge(CLI::App& app, Arguments& a, Verb& chosen);
void add_policy(CLI::App& app, Arguments& a, Verb& chosen);
// What was called, on record where it decides something.
Result<int> on_record(const CLI::App& app, const Arguments& a, Verb verb);
// What a server decides with nobody there.
hub::OnRecord record_of(const std::filesystem::path& state);
// Once all are there: examples for each.
void add_examples(CLI::App& app);

}  // namespace holdfast::hub_verbs
