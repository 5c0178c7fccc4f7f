#include "compose/cpio.hpp"

#include "base/file.hpp"
#include "base/handle.hpp"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <sys/stat.h>
#include <thread>
#include <vector>

namespace holdfast::compose {

namespace {

namespace fs = std::filesystem;

using Writer = Handle<archive, archive_write_free>;
using Reader = Handle<archive, archive_read_free>;
using Entry = Handle<archive_entry, archive_entry_free>;

la_ssize_t append(archive* /*writer*/, void* into, const void* bytes, size_t size) {
    static_cast<std::string*>(into)->append(static_cast<const char*>(bytes), size);
    return static_cast<la_ssize_t>(size);
}

Result<> add(archive* writer, const fs::path& tree, const fs::path& file, long inode) {
    struct stat status{};
    if (::lstat(file.c_str(), &status) < 0) return std::unexpected(system_error(errno, file, "cannot look at"));
    const Entry entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), file.lexically_relative(tree).c_str());
    archive_entry_set_mode(entry.get(), status.st_mode);
    archive_entry_set_ino(entry.get(), inode);
    archive_entry_set_nlink(entry.get(), 1);
    archive_entry_set_mtime(entry.get(), 0, 0);
    std::string content;
    if (S_ISREG(status.st_mode)) content = TRY(read_whole(file, 1024 * mebibyte));
    if (S_ISLNK(status.st_mode)) archive_entry_set_symlink(entry.get(), fs::read_symlink(file).c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    if (archive_write_header(writer, entry.get()) != ARCHIVE_OK ||
        archive_write_data(writer, content.data(), content.size()) < 0)
        return fail(Code::Bug, "cannot archive " + file.string() + ": " + archive_error_string(writer));
    return {};
}

}  // namespace

Result<std::string> cpio_of(const fs::path& tree) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(tree)) files.push_back(entry.path());
    std::ranges::sort(files);
    std::string bytes;
    const Writer writer(archive_write_new());
    archive_write_set_format_cpio_newc(writer.get());
    archive_write_set_bytes_in_last_block(writer.get(), 4);
    archive_write_open(writer.get(), &bytes, nullptr, append, nullptr);
    for (long inode = 1; const auto& file : files) TRY(add(writer.get(), tree, file, inode++));
    if (archive_write_close(writer.get()) != ARCHIVE_OK)
        return fail(Code::Bug, std::string("cannot close the archive: ") + archive_error_string(writer.get()));
    return bytes;
}

Result<std::string> unwrapped(const fs::path& module) {
    const Reader reader(archive_read_new());
    archive_read_support_filter_all(reader.get());
    archive_read_support_format_raw(reader.get());
    archive_entry* entry = nullptr;
    if (archive_read_open_filename(reader.get(), module.c_str(), mebibyte) != ARCHIVE_OK ||
        archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK)
        return fail(Code::Corrupt, "cannot read " + module.string() + ": " + archive_error_string(reader.get()));
    std::string bytes;
    std::array<char, 65536> buffer;
    for (;;) {
        const la_ssize_t n = archive_read_data(reader.get(), buffer.data(), buffer.size());
        if (n < 0)
            return fail(Code::Corrupt, "cannot read " + module.string() + ": " + archive_error_string(reader.get()));
        if (n == 0) return bytes;
        bytes.append(buffer.data(), static_cast<size_t>(n));
    }
}

}  // namespace holdfast::compose
