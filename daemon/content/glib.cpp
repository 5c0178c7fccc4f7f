#include "content/glib.hpp"

namespace holdfast::content {

namespace {

Code io_code(int code) {
    switch (code) {
        case G_IO_ERROR_NOT_FOUND: return Code::NotFound;
        case G_IO_ERROR_NO_SPACE: return Code::NoSpace;
        case G_IO_ERROR_PERMISSION_DENIED:
        case G_IO_ERROR_READ_ONLY: return Code::Denied;
        case G_IO_ERROR_BUSY:
        case G_IO_ERROR_WOULD_BLOCK: return Code::Busy;
        default: return Code::Corrupt;
    }
}

}  // namespace

Code Failure::code() const {
    if (!error_) return Code::Bug;
    // libostree refuses by hand when its reserve (min-free-space-percent) would be touched, with a general code.
    if (what().contains("min-free-space") || what().contains("No space left")) return Code::NoSpace;
    if (error_->domain == OSTREE_GPG_ERROR) return Code::Denied;
    if (error_->domain == G_IO_ERROR) return io_code(error_->code);
    return Code::Corrupt;
}

Result<Repo> open_repo(const std::filesystem::path& repo) {
    Repo opened(ostree_repo_new(file_at(repo).get()));
    Failure failure;
    if (!ostree_repo_open(opened.get(), nullptr, &failure))
        return failure.as_error("ostree repository " + repo.string());
    return opened;
}

Variant variant_of(const char* type, std::string_view bytes) {
    const Bytes data(g_bytes_new(bytes.data(), bytes.size()));
    return Variant(g_variant_ref_sink(g_variant_new_from_bytes(G_VARIANT_TYPE(type), data.get(), FALSE)));
}

std::string_view bytes_of(GVariant* variant) {
    return {static_cast<const char*>(g_variant_get_data(variant)), g_variant_get_size(variant)};
}

}  // namespace holdfast::content
