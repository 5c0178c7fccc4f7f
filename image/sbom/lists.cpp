#include "sbom/lists.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/handle.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "sbom/dpkg.hpp"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <charconv>

namespace holdfast::sbom {

namespace {

namespace fs = std::filesystem;

// The folder's files by name, since directory order is the file system's.
Result<std::vector<fs::path>> files_of(const fs::path& directory) {
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
        if (at->is_regular_file()) files.push_back(at->path());
    if (error) return std::unexpected(system_error(error.value(), directory, "cannot list"));
    std::ranges::sort(files);
    return files;
}

// apt keeps its lists as they are or, by Acquire::GzipIndexes, compressed.
bool is_list(const fs::path& file) {
    const std::string name = file.filename().string();
    if (name.ends_with("_Packages")) return true;
    const auto endings = {".gz", ".xz", ".bz2", ".lz4", ".zst"};
    return std::ranges::any_of(endings,
                               [&](const char* ending) { return name.ends_with(std::string("_Packages") + ending); });
}

Result<std::string> uncompressed(const fs::path& file) {
    const Handle<archive, archive_read_free> reader(archive_read_new());
    archive_read_support_filter_all(reader.get());
    archive_read_support_format_raw(reader.get());
    archive_read_support_format_empty(reader.get());
    const auto refuse = [&] {
        const char* why = archive_error_string(reader.get());
        return fail(Code::Corrupt, file.string() + ": " + (why ? why : "cannot be unpacked"));
    };
    if (archive_read_open_filename(reader.get(), file.c_str(), mebibyte) != ARCHIVE_OK) return refuse();
    archive_entry* entry = nullptr;
    const int begun = archive_read_next_header(reader.get(), &entry);
    if (begun == ARCHIVE_EOF) return {};
    if (begun != ARCHIVE_OK) return refuse();
    std::string text, piece(mebibyte, '\0');
    while (true) {
        const auto got = archive_read_data(reader.get(), piece.data(), piece.size());
        if (got == 0) return text;
        if (got < 0) return refuse();
        if (text.size() + static_cast<std::size_t>(got) > list_limit)
            return fail(Code::Corrupt,
                        file.string() + ": unpacks to more than " + std::to_string(list_limit) + " bytes");
        text.append(piece, 0, static_cast<std::size_t>(got));
    }
}

bool is_sha256(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::uintmax_t number(std::string_view text) {
    std::uintmax_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

std::string PackageFiles::key(std::string_view name, std::string_view version, std::string_view architecture) {
    return std::string(name) + " " + std::string(version) + " " + std::string(architecture);
}

PackageFiles::PackageFiles(const std::vector<std::string>& wanted) {
    for (const auto& key : wanted) wanted_[key];
}

Result<> PackageFiles::add_lists(const fs::path& directory) {
    for (const auto& file : TRY(files_of(directory)))
        if (is_list(file)) TRY(in(file.string(), add_list(file)));
    return {};
}

Result<> PackageFiles::add_list(const fs::path& file) {
    const bool plain = file.extension().empty() || file.string().ends_with("_Packages");
    const std::string text = TRY(plain ? read_whole(file, list_limit) : uncompressed(file));
    return each_paragraph(text, [&](const Paragraph& paragraph) -> Result<> {
        const auto at =
            wanted_.find(key(paragraph.field("Package"), paragraph.field("Version"), paragraph.field("Architecture")));
        const std::string_view sha256 = paragraph.field("SHA256");
        if (at == wanted_.end() || !is_sha256(sha256)) return {};
        at->second.push_back(
            {std::string(sha256), valid_utf8(paragraph.field("Filename")), number(paragraph.field("Size"))});
        return {};
    });
}

Result<> PackageFiles::add_debs(const fs::path& directory) {
    for (const auto& file : TRY(files_of(directory)))
        if (file.extension() == ".deb") TRY(add_deb(file));
    return {};
}

Result<> PackageFiles::add_deb(const fs::path& file) {
    const std::string said =
        TRY(run_or_fail({"dpkg-deb", "--show", "--showformat=${Package} ${Version} ${Architecture}", file.string()}));
    const auto at = wanted_.find(said);
    if (at == wanted_.end()) return {};
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error) return std::unexpected(system_error(error.value(), file, "cannot look at"));
    at->second.push_back({TRY(sha256_file(file)), file.filename().string(), size, true});
    return {};
}

const PackageFile* PackageFiles::find(const std::string& key) const {
    const auto at = wanted_.find(key);
    if (at == wanted_.end() || at->second.empty()) return nullptr;
    const auto& found = at->second;
    const auto own = std::ranges::find(found, true, &PackageFile::ours);
    const auto& chosen = own == found.end() ? found.front() : *own;
    const bool agreed = std::ranges::all_of(
        found, [&](const PackageFile& file) { return file.ours != chosen.ours || file.sha256 == chosen.sha256; });
    return agreed ? &chosen : nullptr;
}

}  // namespace holdfast::sbom
