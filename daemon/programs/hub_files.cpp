// holdfast hub …: files that come in and go out, and commands that are told.
#include "base/file.hpp"
#include "base/text.hpp"
#include "enroll/answer.hpp"
#include "enroll/parts.hpp"
#include "hub_verbs.hpp"

#include <algorithm>
#include <cctype>
#include <unistd.h>

namespace holdfast::hub_verbs {

namespace {

namespace fs = std::filesystem;

// "-----BEGIN X509 CRL-----", or that it is an answer; "" for anything else.
std::string kind_of(const std::string& bytes) {
    if (bytes.starts_with("-----BEGIN ")) return bytes.substr(0, bytes.find('\n'));
    return enroll::parse_answer(bytes) ? std::string(kind_answer) : "";
}

}  // namespace

Result<std::string> read_message(const fs::path& file) {
    std::string message = TRY(read_whole(file, file_limit));
    if (enroll::are_parts(message)) message = TRY(in(file.string(), enroll::join_parts(message)));
    return message;
}

Result<> check_place(const fs::path& out, std::string_view kind, bool force) {
    if (force || out == to_stdout || !fs::exists(out)) return {};
    const auto there = read_whole(out, file_limit);
    if (there && (there->empty() || kind_of(*there) == kind)) return {};
    return fail(Code::Denied,
                out.string() + " is there already, and is something else; name another file with --out, or --force");
}

Result<> put(const fs::path& out, const std::string& bytes, bool force) {
    if (out == to_stdout) return write_all(STDOUT_FILENO, bytes, "the standard output");
    TRY(check_place(out, kind_of(bytes), force));
    return write_whole(out, bytes);
}

std::string quoted(const std::string& word) {
    const bool plain = !word.empty() && std::ranges::all_of(word, [](unsigned char c) {
        return std::isalnum(c) != 0 || std::string_view("_./:@%+=,-").contains(static_cast<char>(c));
    });
    if (plain) return word;
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

std::string command(const Arguments& a, const std::string& words) {
    return "holdfast hub " + (a.state == usual_state ? "" : "--state " + quoted(a.state.string()) + " ") + words;
}

}  // namespace holdfast::hub_verbs
