#include "cli/show.hpp"

#include "base/json.hpp"
#include "base/when.hpp"

#include <algorithm>
#include <format>

namespace holdfast::cli {

namespace {

constexpr const char* bold = "1";
constexpr const char* red = "1;31";
constexpr const char* green = "1;32";
constexpr const char* yellow = "1;33";

std::string paint(const std::string& text, const char* colour, Colours colours) {
    return colours == Colours::Yes ? std::format("\x1b[{}m{}\x1b[0m", colour, text) : text;
}

const char* colour_of(const std::string& word) {
    constexpr std::string_view fine[] = {"green", "healthy", "trusted", "good", "sealed"};
    constexpr std::string_view wrong[] = {"red", "sick", "untrusted", "quarantined", "revoked", "over"};
    if (std::ranges::contains(fine, word)) return green;
    if (std::ranges::contains(wrong, word)) return red;
    return yellow;
}

std::string slot_words(const Box& box) {
    const std::string tries = box.tries_left < 0    ? "not on trial"
                              : box.tries_left == 1 ? "1 try left"
                                                    : std::format("{} tries left", box.tries_left);
    return std::format("{} ({}), commit {}", box.slot, tries, box.commit.substr(0, 12));
}

std::string image_words(const Box& box) {
    std::string board = box.board;
    for (const auto& option : box.options) board += (&option == &box.options.front() ? " with " : ", ") + option;
    return std::format("{} x {} x {}, version {}", board, box.profile, box.runtime, box.version);
}

std::string line(const std::string& head, const std::string& text, Colours colours) {
    return paint(std::format("{:<12}", head), bold, colours) + text + "\n";
}

std::string check_words(const Check& check, std::size_t width, Colours colours) {
    // Padded before it is painted, since colours have no width.
    const std::string answer = paint(std::format("{:<12}", check.answer), colour_of(check.answer), colours);
    auto text = std::format("{}{:<10}{:<{}}{:7.2f} s", answer, check.kind, check.name, width + 1, check.seconds);
    if (check.answer != "healthy" && !check.last_words.empty()) text += "  " + check.last_words;
    return text;
}

std::string coloured(const std::string& word, Colours colours) {
    return paint(word, colour_of(word), colours);
}

// Who it is, how it stands, and its certificate where that is not what the standing tells already.
std::string identity_lines(const Identity& box, Colours colours) {
    if (box.standing.empty()) return "";
    if (box.id.empty()) return line("identity", coloured(box.standing, colours) + "  " + box.reason, colours);
    std::string text = line("identity", box.id, colours);
    text += line("standing", coloured(box.standing, colours) + "  " + box.reason, colours);
    if (box.term.empty() || box.term == "good") return text;
    const std::string end = (box.term == "ending" ? "runs out on " : "ran out on ") + date(box.until);
    return text + line("certificate", coloured(box.term, colours) + "  " + end + "; renew it: holdfast identity renew",
                       colours);
}

std::size_t widest_name(const Box& box) {
    std::size_t width = 0;
    for (const auto& check : box.checks) width = std::max(width, check.name.size());
    return width;
}

}  // namespace

std::string for_people(const Box& box, Colours colours) {
    std::string text;
    if (box.development) text += paint("DEVELOPMENT IMAGE: not for production", yellow, colours) + "\n";
    text += line("verdict", paint(box.verdict, colour_of(box.verdict), colours) + "  " + box.explanation, colours);
    text += line("image", image_words(box), colours);
    text += line("slot", slot_words(box), colours);
    text += line("security", std::format("Secure Boot {}, TPM {}", box.secure_boot, box.tpm), colours);
    if (!box.trust_reason.empty())
        text += line("trust", paint(box.trust, colour_of(box.trust), colours) + "  " + box.trust_reason, colours);
    text += identity_lines(box.identity, colours);
    if (!box.storage.state.empty())
        text += line("storage", coloured(box.storage.state, colours) + "  " + box.storage.reason, colours);
    const std::size_t width = widest_name(box);
    for (const auto& check : box.checks)
        text += line(&check == &box.checks.front() ? "checks" : "", check_words(check, width, colours), colours);
    return text;
}

std::string for_programs(const Box& box) {
    Json checks = Json::array();
    for (const auto& check : box.checks)
        checks.push_back({{"name", check.name},
                          {"kind", check.kind},
                          {"answer", check.answer},
                          {"last_words", check.last_words},
                          {"seconds", check.seconds}});
    return json::write({{"board", box.board},
                        {"profile", box.profile},
                        {"runtime", box.runtime},
                        {"version", box.version},
                        {"options", box.options},
                        {"commit", box.commit},
                        {"slot", box.slot},
                        {"tries_left", box.tries_left},
                        {"development", box.development},
                        {"secure_boot", box.secure_boot},
                        {"tpm", box.tpm},
                        {"trust", box.trust},
                        {"trust_reason", box.trust_reason},
                        {"identity",
                         {{"id", box.identity.id},
                          {"standing", box.identity.standing},
                          {"reason", box.identity.reason},
                          {"term", box.identity.term},
                          {"until", box.identity.until}}},
                        {"storage", {{"state", box.storage.state}, {"reason", box.storage.reason}}},
                        {"verdict", box.verdict},
                        {"explanation", box.explanation},
                        {"checks", std::move(checks)}});
}

int exit_code_of(const Box& box) {
    if (box.verdict == "green") return 0;
    return box.verdict == "red" ? 1 : 3;
}

}  // namespace holdfast::cli
