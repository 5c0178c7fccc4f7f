#include "update/evidence.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <sys/stat.h>

namespace holdfast::update {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t note_limit = 64UL * 1024;
constexpr std::size_t log_limit = mebibyte;
constexpr std::size_t sentence_limit = 300;
constexpr unsigned files_limit = 256;

fs::path note(const fs::path& root) {
    return root / journal_folder / "red.json";
}

bool is_since(const fs::path& file, std::int64_t since) {
    struct stat info{};
    return ::stat(file.c_str(), &info) == 0 && info.st_mtime >= since;
}

std::string panic_below(const fs::path& folder, std::int64_t since) {
    std::error_code error;
    unsigned seen = 0;
    fs::recursive_directory_iterator files(folder, error);
    for (; !error && files != fs::recursive_directory_iterator() && seen < files_limit;
         files.increment(error), ++seen) {
        if (!files->is_regular_file(error) || !is_since(files->path(), since)) continue;
        const auto log = read_whole(files->path(), log_limit);
        if (const std::string panic = log ? panic_in(*log) : ""; !panic.empty()) return panic;
    }
    return "";
}

}  // namespace

Result<> note_red(const fs::path& root, const std::string& commit, const std::string& explanation) {
    TRY(make_directories(root / journal_folder));
    return write_whole(note(root),
                       json::write({{"commit", commit}, {"explanation", explanation.substr(0, note_limit / 4)}}));
}

Evidence gather(const fs::path& root, const std::string& commit, std::int64_t since) {
    Evidence evidence;
    const auto text = read_whole(note(root), note_limit);
    const auto json = text ? json::parse(*text, note_limit) : std::unexpected(text.error());
    if (json && json::text(*json, "commit", 64).value_or("") == commit)
        evidence.red = json::text(*json, "explanation", note_limit).value_or("");
    // Before systemd-pstore put them away, and after.
    for (const char* place : {"sys/fs/pstore", "var/lib/systemd/pstore"})
        if (evidence.panic.empty()) evidence.panic = panic_below(root / place, since);
    return evidence;
}

void forget(const fs::path& root) {
    std::error_code none;
    fs::remove(note(root), none);
}

std::string panic_in(std::string_view log) {
    constexpr std::string_view mark = "Kernel panic - not syncing: ";
    const auto at = log.find(mark);
    if (at == log.npos) return "";
    const auto sentence = log.substr(at + mark.size(), sentence_limit);
    return valid_utf8(trim(sentence.substr(0, sentence.find_first_of("\r\n"))));
}

}  // namespace holdfast::update
