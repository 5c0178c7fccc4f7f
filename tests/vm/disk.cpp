#include "vm/disk.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <format>
#include <fstream>
#include <ranges>

namespace holdfast::vm {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t table_limit = 64UL * 1024;
constexpr std::uintmax_t sector = 512;

Result<> quiet(const Arguments& arguments) {
    TRY(run_or_fail(arguments));
    return {};
}

Result<Partition> partition_from(const Json& entry) {
    Partition partition;
    // A partition without a label has no "name".
    if (entry.contains("name")) partition.name = TRY(json::text(entry, "name", 100));
    partition.begin = static_cast<std::uintmax_t>(TRY(json::number(entry, "start"))) * sector;
    partition.size = static_cast<std::uintmax_t>(TRY(json::number(entry, "size"))) * sector;
    return partition;
}

std::string parent_of(const std::string& path) {
    return fs::path(path).parent_path().string();
}

}  // namespace

Result<> make_overlay(const fs::path& base, const fs::path& into, std::optional<std::uintmax_t> size) {
    TRY(make_directories(into.parent_path()));
    TRY(remove_tree(into));
    const std::string format = base.extension() == ".qcow2" ? "qcow2" : "raw";
    Arguments create{"qemu-img",   "create", "-q", "-f", "qcow2", "-F", format, "-b", fs::absolute(base).string(),
                     into.string()};
    if (size) create.push_back(std::to_string(*size));
    return quiet(create);
}

Result<> make_empty_disk(const fs::path& file, std::uintmax_t size) {
    TRY(make_directories(file.parent_path()));
    TRY(remove_tree(file));
    TRY(write_whole(file, ""));
    std::error_code error;
    fs::resize_file(file, size, error);
    if (error) return std::unexpected(system_error(error.value(), file, "cannot size"));
    return {};
}

Result<> make_stick(const fs::path& file) {
    constexpr std::uintmax_t size = 64 * mebibyte;
    if (fs::is_directory(file))
        return fail(Code::Corrupt, file.string() + " is a folder; give the name of a file, the image of a stick");
    if (fs::exists(file)) return {};
    // Whole at once: half a file system would be taken for a stick the next time.
    const fs::path fresh = file.string() + ".new";
    TRY(make_empty_disk(fresh, size));
    TRY(quiet({"mkfs.vfat", fresh.string()}));
    return move_to(fresh, file);
}

Result<> copy_disk(const fs::path& from, const fs::path& into) {
    TRY(make_directories(into.parent_path()));
    return quiet({"cp", "--sparse=always", "--reflink=auto", from.string(), into.string()});
}

Result<> flatten_disk(const fs::path& from, const fs::path& into) {
    TRY(make_directories(into.parent_path()));
    return quiet({"qemu-img", "convert", "-O", "raw", from.string(), into.string()});
}

Result<std::vector<Partition>> partitions(const fs::path& raw) {
    const std::string said = TRY(run_or_fail({"sfdisk", "--json", raw.string()}));
    const Json table = TRY(in("sfdisk", json::parse(said, table_limit)));
    const auto list = "/partitiontable/partitions"_json_pointer;
    std::vector<Partition> found;
    if (!table.contains(list)) return found;
    for (const auto& entry : table[list]) {
        auto each = TRY(in("sfdisk", partition_from(entry)));
        found.push_back(std::move(each));
    }
    return found;
}

Result<Partition> partition(const fs::path& raw, std::string_view name) {
    const auto all = TRY(partitions(raw));
    const auto found = std::ranges::find(all, name, &Partition::name);
    if (found == all.end()) return fail(Code::NotFound, raw.string() + " has no partition '" + std::string(name) + "'");
    return *found;
}

Result<Esp> Esp::open(const fs::path& raw) {
    const auto where = TRY(partition(raw, "holdfast-esp"));
    return Esp(std::format("{}@@{}", raw.string(), where.begin));
}

Result<std::vector<std::string>> Esp::list(const std::string& folder) const {
    const std::string said = TRY(run_or_fail({"mdir", "-b", "-i", drive_, "::/" + folder}));
    std::vector<std::string> names;
    for (const auto& line : split(said, '\n'))
        if (const auto path = trim(line); !path.empty())
            names.push_back(fs::path(std::string(path)).filename().string());
    return names;
}

Result<> Esp::read(const std::string& path, const fs::path& into) const {
    return quiet({"mcopy", "-n", "-o", "-i", drive_, "::/" + path, into.string()});
}

Result<> Esp::write(const fs::path& from, const std::string& path) const {
    return quiet({"mcopy", "-o", "-i", drive_, from.string(), "::/" + path});
}

Result<> Esp::make_folder(const std::string& path) const {
    return quiet({"mmd", "-i", drive_, "::/" + path});
}

Result<> Esp::rename(const std::string& path, const std::string& to) const {
    return quiet({"mren", "-i", drive_, "::/" + path, to});
}

Result<> Esp::remove(const std::string& path) const {
    return quiet({"mdel", "-i", drive_, "::/" + path});
}

Result<System> System::open(const fs::path& raw) {
    const auto where = TRY(partition(raw, "holdfast-system"));
    return System(std::format("{}?offset={}", raw.string(), where.begin));
}

Result<std::string> System::request(const std::string& words, bool writing) const {
    Arguments arguments{"debugfs", "-R", words, device_};
    if (writing) arguments.insert(arguments.begin() + 1, "-w");
    const auto done = TRY(run(arguments));
    std::string complaint;
    // The first line on stderr is debugfs's own name and version.
    for (const auto& line : split(done.errors, '\n'))
        if (!line.empty() && !line.starts_with("debugfs ")) complaint += (complaint.empty() ? "" : "; ") + line;
    if (!complaint.empty()) return fail(Code::NotFound, "debugfs: " + words + ": " + complaint);
    return done.output;
}

Result<std::string> System::deployment(char slot) const {
    const std::string said = TRY(request(std::string("stat /ostree/root.") + slot, false));
    constexpr std::string_view mark = "Fast link dest: \"";
    const auto begin = said.find(mark);
    std::string target;
    if (begin != std::string::npos) {
        target = said.substr(begin + mark.size(), said.find('"', begin + mark.size()) - begin - mark.size());
    } else {
        // A target of 60 bytes or more stands in a block of its own.
        target = TRY(request(std::string("cat /ostree/root.") + slot, false));
    }
    if (!target.starts_with("deploy/"))
        return fail(Code::Corrupt, "root." + std::string(1, slot) + " names no deployment");
    return "/ostree/" + target;
}

Result<> System::read(const std::string& path, const fs::path& into) const {
    TRY(request("dump \"" + path + "\" \"" + into.string() + "\"", false));
    return {};
}

Result<> System::write(std::string_view bytes, const std::string& path, unsigned mode) const {
    const auto scratch = TRY(Scratch::make("edit"));
    const auto file = scratch.path() / "file";
    TRY(write_whole(file, bytes));
    std::vector<std::string> folders;
    for (auto folder = parent_of(path); folder.size() > 1; folder = parent_of(folder)) folders.push_back(folder);
    for (const auto& folder : std::views::reverse(folders))
        if (!request("stat \"" + folder + "\"", false)) TRY(request("mkdir \"" + folder + "\"", true));
    if (request("stat \"" + path + "\"", false)) TRY(request("rm \"" + path + "\"", true));
    // "write" says what it allocated on stdout, and keeps the mode of the source's type bits only.
    TRY(request("write \"" + file.string() + "\" \"" + path + "\"", true));
    TRY(request(std::format("set_inode_field \"{}\" mode 0100{:o}", path, mode), true));
    return {};
}

Result<> System::link(const std::string& target, const std::string& path) const {
    TRY(request("symlink \"" + path + "\" \"" + target + "\"", true));
    return {};
}

Result<> flip_a_byte(const fs::path& file) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(fs::file_size(file) / 2);
    char byte = 0;
    if (!stream.seekg(middle).get(byte)) return fail(Code::NotFound, "cannot read " + file.string());
    byte = static_cast<char>(byte ^ 1);
    if (!stream.seekp(middle).put(byte).flush()) return fail(Code::Denied, "cannot write " + file.string());
    return {};
}

}  // namespace holdfast::vm
