// GLib's handles and errors, for the files of this room only.
#pragma once

#include "base/handle.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <ostree.h>
#include <string>
#include <string_view>

namespace holdfast::content {

using Repo = Handle<OstreeRepo, g_object_unref>;
using Sysroot = Handle<OstreeSysroot, g_object_unref>;
using Deployment = Handle<OstreeDeployment, g_object_unref>;
using File = Handle<GFile, g_object_unref>;
using FileInfo = Handle<GFileInfo, g_object_unref>;
using InputStream = Handle<GInputStream, g_object_unref>;
using Enumerator = Handle<GFileEnumerator, g_object_unref>;
using Bytes = Handle<GBytes, g_bytes_unref>;
using Variant = Handle<GVariant, g_variant_unref>;
using KeyFile = Handle<GKeyFile, g_key_file_unref>;
using Table = Handle<GHashTable, g_hash_table_unref>;
using Array = Handle<GPtrArray, g_ptr_array_unref>;
using Text = Handle<char, g_free>;

// Takes what GLib put into a GError; freed with it.
class Failure {
public:
    Failure() = default;
    Failure(const Failure&) = delete;
    Failure& operator=(const Failure&) = delete;
    ~Failure() { g_clear_error(&error_); }
    GError** operator&() { return &error_; }
    std::string what() const { return error_ ? error_->message : "unknown error"; }
    Code code() const;
    std::unexpected<Error> as_error(std::string_view doing) const {
        return fail(code(), std::string(doing) + ": " + what());
    }

private:
    GError* error_ = nullptr;
};

inline File file_at(const std::filesystem::path& path) {
    return File(g_file_new_for_path(path.c_str()));
}

Result<Repo> open_repo(const std::filesystem::path& repo);

// A variant of that type with a copy of these bytes, which are not checked; and the bytes of one, while it is there.
Variant variant_of(const char* type, std::string_view bytes);
std::string_view bytes_of(GVariant* variant);

}  // namespace holdfast::content
