#include "content/objects.hpp"

#include "content/glib.hpp"

#include <array>
#include <sys/stat.h>

namespace holdfast::content {

namespace {

static_assert(folder_object == OSTREE_OBJECT_TYPE_DIR_TREE && attributes_object == OSTREE_OBJECT_TYPE_DIR_META);

Result<std::string> read_all(GInputStream* from) {
    std::string bytes;
    std::array<char, 65536> buffer;
    Failure failure;
    for (;;) {
        const gssize n = g_input_stream_read(from, buffer.data(), buffer.size(), nullptr, &failure);
        if (n < 0) return failure.as_error("cannot read an object");
        if (n == 0) return bytes;
        bytes.append(buffer.data(), static_cast<std::size_t>(n));
    }
}

}  // namespace

Result<Objects> Objects::open(const std::filesystem::path& repo) {
    Repo opened = TRY(open_repo(repo));
    return Objects(opened.release());
}

Objects::Objects(Objects&& other) noexcept : repo_(std::exchange(other.repo_, nullptr)) {}
Objects::~Objects() {
    if (repo_) g_object_unref(repo_);
}

Result<FileObject> Objects::file(const std::string& checksum) const {
    Failure failure;
    GInputStream* stream = nullptr;
    GFileInfo* info = nullptr;
    GVariant* attributes = nullptr;
    if (!ostree_repo_load_file(repo_, checksum.c_str(), &stream, &info, &attributes, nullptr, &failure))
        return failure.as_error("object " + checksum);
    const InputStream owned(stream);
    const FileInfo facts(info);
    const Variant extended(attributes);
    FileObject file;
    file.owner = {g_file_info_get_attribute_uint32(info, "unix::uid"),
                  g_file_info_get_attribute_uint32(info, "unix::gid"),
                  g_file_info_get_attribute_uint32(info, "unix::mode")};
    file.symlink = S_ISLNK(file.owner.mode);
    if (attributes && g_variant_n_children(attributes) > 0) file.attributes = bytes_of(attributes);
    if (file.symlink)
        file.bytes = g_file_info_get_symlink_target(info);
    else
        file.bytes = TRY(in("object " + checksum, read_all(stream)));
    return file;
}

Result<std::string> Objects::metadata(std::uint8_t type, const std::string& checksum) const {
    Failure failure;
    GVariant* loaded = nullptr;
    if (!ostree_repo_load_variant(repo_, static_cast<OstreeObjectType>(type), checksum.c_str(), &loaded, &failure))
        return failure.as_error("object " + checksum);
    const Variant owned(loaded);
    return std::string(bytes_of(loaded));
}

}  // namespace holdfast::content
