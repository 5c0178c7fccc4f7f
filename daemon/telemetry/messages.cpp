#include "telemetry/messages.hpp"

#include "base/file.hpp"
#include "base/handle.hpp"
#include "base/text.hpp"

#include <cstdlib>
#include <cstring>
#include <systemd/sd-journal.h>

namespace holdfast::telemetry {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t cursor_limit = 4096, field_limit = 8192;

using Journal = Handle<sd_journal, sd_journal_close>;
using Text = Handle<char, std::free>;

std::unexpected<Error> failed(const char* doing, int number) {
    return fail(number == -EACCES ? Code::Denied : Code::NotFound, std::string(doing) + ": " + std::strerror(-number));
}

Result<Journal> open(const fs::path& root) {
    sd_journal* raw = nullptr;
    const int r = root == "/" ? sd_journal_open(&raw, SD_JOURNAL_LOCAL_ONLY)
                              : sd_journal_open_directory(&raw, root.c_str(), SD_JOURNAL_OS_ROOT);
    if (r < 0) return failed("cannot open the journal", r);
    Journal journal(raw);
    sd_journal_set_data_threshold(raw, field_limit);
    return journal;
}

// In front of the first message that was not read yet.
int seek(sd_journal* journal, const std::string& cursor) {
    if (!cursor.empty()) {
        if (sd_journal_seek_cursor(journal, cursor.c_str()) >= 0 && sd_journal_next(journal) > 0) {
            // Where that one is gone this is the next one, which was not read.
            if (sd_journal_test_cursor(journal, cursor.c_str()) > 0) return 0;
            return sd_journal_previous(journal) > 0 ? 0 : sd_journal_seek_head(journal);
        }
        return 0;
    }
    sd_id128_t boot{};
    if (const int r = sd_id128_get_boot(&boot); r < 0) return r;
    return sd_journal_seek_monotonic_usec(journal, boot, 0);
}

std::string field(sd_journal* journal, const std::string& name) {
    const void* data = nullptr;
    std::size_t size = 0;
    if (sd_journal_get_data(journal, name.c_str(), &data, &size) < 0) return {};
    const std::string_view whole(static_cast<const char*>(data), size);
    return std::string(whole.substr(std::min(size, name.size() + 1)));
}

Entry entry_of(sd_journal* journal) {
    Entry entry;
    const auto priority = field(journal, "PRIORITY");
    if (priority.size() == 1 && priority[0] >= '0' && priority[0] < '0' + priorities)
        entry.priority = priority[0] - '0';
    if (entry.priority >= debug) return entry;
    entry.message = field(journal, "MESSAGE");
    for (const auto* name : {"_SYSTEMD_UNIT", "SYSLOG_IDENTIFIER", "_COMM"})
        if (entry.unit.empty()) entry.unit = field(journal, name);
    if (entry.unit.empty()) entry.unit = "kernel";
    // What systemd says of a unit belongs to that unit.
    if (auto about = field(journal, "UNIT"); entry.unit == "init.scope" && !about.empty())
        entry.unit = std::move(about);
    std::uint64_t at = 0;
    if (sd_journal_get_realtime_usec(journal, &at) >= 0) entry.at = static_cast<std::int64_t>(at / 1000);
    return entry;
}

std::string cursor_of(sd_journal* journal) {
    char* raw = nullptr;
    if (sd_journal_get_cursor(journal, &raw) < 0) return {};
    const Text owned(raw);
    return raw;
}

}  // namespace

Result<> JournalPlace::read(const fs::path& root, std::size_t limit, const std::function<void(const Entry&)>& use) {
    if (!loaded_) {
        cursor_ = kept_ = std::string(trim(TRY(read_if_there(file_, cursor_limit)).value_or("")));
        loaded_ = true;
    }
    const auto journal = TRY(open(root));
    if (const int r = seek(journal.get(), cursor_); r < 0) return failed("cannot find the place in the journal", r);
    bool any = false;
    for (std::size_t count = 0; count < limit; ++count) {
        const int r = sd_journal_next(journal.get());
        if (r < 0) return failed("cannot read the journal", r);
        if (r == 0) break;
        any = true;
        if (const auto entry = entry_of(journal.get()); entry.priority < debug) use(entry);
    }
    if (!any) return {};
    // A limit was reached, or the end: then the last message is where it stands.
    if (auto now = cursor_of(journal.get()); !now.empty()) cursor_ = std::move(now);
    return {};
}

Result<> JournalPlace::keep() {
    if (cursor_ == kept_) return {};
    TRY(write_whole(file_, cursor_ + "\n", 0600));
    kept_ = cursor_;
    return {};
}

}  // namespace holdfast::telemetry
