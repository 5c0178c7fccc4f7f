#include "content/sources.hpp"

#include "base/file.hpp"
#include "content/glib.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <gio/gunixinputstream.h>

namespace holdfast::content {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t step = 128UL * 1024;

std::string checksum_in(GVariant* tuple, gsize child) {
    const Variant bytes(g_variant_get_child_value(tuple, child));
    return Text(ostree_checksum_from_bytes_v(bytes.get())).get();
}

std::string name_in(GVariant* tuple) {
    const Variant name(g_variant_get_child_value(tuple, 0));
    return g_variant_get_string(name.get(), nullptr);
}

// Takes the folder's files, and returns the folders in it.
Result<std::vector<Member>> list(OstreeRepo* repo, const Member& folder, std::vector<Member>& files) {
    Failure failure;
    GVariant* loaded = nullptr;
    if (!ostree_repo_load_variant(repo, OSTREE_OBJECT_TYPE_DIR_TREE, folder.checksum.c_str(), &loaded, &failure))
        return failure.as_error("folder " + folder.path.string());
    const Variant tree(loaded);
    // OSTREE_TREE_GVARIANT_FORMAT: (a(say)a(sayay)), files and folders by name.
    const Variant files_in(g_variant_get_child_value(tree.get(), 0)), folders(g_variant_get_child_value(tree.get(), 1));
    for (gsize i = 0; i < g_variant_n_children(files_in.get()); ++i) {
        const Variant one(g_variant_get_child_value(files_in.get(), i));
        files.push_back({folder.path / name_in(one.get()), checksum_in(one.get(), 1), ""});
    }
    std::vector<Member> below;
    for (gsize i = 0; i < g_variant_n_children(folders.get()); ++i) {
        const Variant one(g_variant_get_child_value(folders.get(), i));
        below.push_back({folder.path / name_in(one.get()), checksum_in(one.get(), 1), checksum_in(one.get(), 2)});
    }
    return below;
}

Result<Member> root_of(OstreeRepo* repo, const std::string& commit) {
    Failure failure;
    GVariant* loaded = nullptr;
    if (!ostree_repo_load_commit(repo, commit.c_str(), &loaded, nullptr, &failure))
        return failure.as_error("commit " + commit);
    const Variant owned(loaded);
    // OSTREE_COMMIT_GVARIANT_FORMAT: children 6 and 7 are the root's dirtree and dirmeta.
    return Member{"", checksum_in(loaded, 6), checksum_in(loaded, 7)};
}

Result<> read_exactly(int fd, std::uint64_t begin, std::span<char> into) {
    while (!into.empty()) {
        const ssize_t n = ::pread(fd, into.data(), into.size(), static_cast<off_t>(begin));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::unexpected(system_error(errno, "an object", "cannot read"));
        if (n == 0) return fail(Code::Corrupt, "a file is shorter than the bundle says");
        begin += static_cast<std::uint64_t>(n);
        into = into.subspan(static_cast<std::size_t>(n));
    }
    return {};
}

Result<> unpack_piece(int from, std::uint64_t at, const Piece& piece, int to) {
    std::uint64_t plain = 0;
    const auto stream = unpacker(piece.packing, [&](std::string_view bytes) -> Result<> {
        plain += bytes.size();
        if (plain > piece.plain) return fail(Code::Corrupt, "a file unpacks to more than the bundle says");
        return write_all(to, bytes, "scratch file");
    });
    std::array<char, step> buffer;
    for (std::uint64_t left = piece.packed; left > 0;) {
        const auto part = std::span(buffer).first(std::min<std::uint64_t>(left, buffer.size()));
        TRY(read_exactly(from, at, part));
        TRY(stream->add({part.data(), part.size()}));
        at += part.size();
        left -= part.size();
    }
    TRY(stream->end());
    if (plain != piece.plain) return fail(Code::Corrupt, "a file unpacks to less than the bundle says");
    return {};
}

bool as_it_is(const std::vector<Piece>& pieces) {
    return std::ranges::all_of(pieces, [](const Piece& piece) { return piece.packing == Packing::None; });
}

}  // namespace

Result<Fd> nameless_file(const fs::path& folder) {
    Fd made(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!made) return std::unexpected(system_error(errno, folder, "cannot make a scratch file in"));
    return made;
}

Result<Tree> tree_of(OstreeRepo* repo, const std::string& commit) {
    Tree tree;
    std::vector<Member> open{TRY(root_of(repo, commit))};
    while (!open.empty()) {
        const Member folder = std::move(open.back());
        open.pop_back();
        auto below = TRY(list(repo, folder, tree.files));
        std::ranges::move(below.rbegin(), below.rend(), std::back_inserter(open));
        tree.folders.push_back(folder);
    }
    return tree;
}

Result<Tree> tree_of(const fs::path& repo, const std::string& commit) {
    const Repo opened = TRY(open_repo(repo));
    return tree_of(opened.get(), commit);
}

// An object's bytes: the object itself where it lies as it is, else a copy.
Result<Fd> Sources::content(const std::string& checksum) const {
    Failure failure;
    GInputStream* opened = nullptr;
    if (!ostree_repo_load_file(repo_, checksum.c_str(), &opened, nullptr, nullptr, nullptr, &failure))
        return failure.as_error("object " + checksum);
    if (!opened) return fail(Code::Corrupt, "object " + checksum + " is a symlink and has no bytes to refer to");
    const InputStream stream(opened);
    if (G_IS_UNIX_INPUT_STREAM(opened))
        return Fd(::fcntl(g_unix_input_stream_get_fd(G_UNIX_INPUT_STREAM(opened)), F_DUPFD_CLOEXEC, 0));
    Fd copy = TRY(nameless_file(scratch_));
    std::array<char, step> buffer;
    for (;;) {
        const gssize n = g_input_stream_read(opened, buffer.data(), buffer.size(), nullptr, &failure);
        if (n < 0) return failure.as_error("object " + checksum);
        if (n == 0) return copy;
        TRY(write_all(copy.number(), {buffer.data(), static_cast<std::size_t>(n)}, "scratch file"));
    }
}

Result<> Sources::open(const std::string& checksum, const std::vector<Piece>& pieces) {
    if (checksum == checksum_) return {};
    checksum_.clear();
    Fd packed = TRY(content(checksum));
    if (as_it_is(pieces)) {
        file_ = std::move(packed);
    } else {
        file_ = TRY(nameless_file(scratch_));
        std::uint64_t at = 0;
        for (const auto& piece : pieces) {
            TRY(in("object " + checksum, unpack_piece(packed.number(), at, piece, file_.number())));
            at += piece.packed;
        }
    }
    checksum_ = checksum;
    return {};
}

Result<> Sources::append(const std::string& checksum, const std::vector<Piece>& pieces, std::uint64_t begin,
                         std::uint64_t size, std::string& to) {
    TRY(open(checksum, pieces));
    const std::size_t before = to.size();
    to.resize(before + size);
    return in("object " + checksum, read_exactly(file_.number(), begin, std::span(to).subspan(before)));
}

Result<> Sources::append_folder(const std::string& checksum, std::uint64_t begin, std::uint64_t size,
                                std::string& to) const {
    Failure failure;
    GVariant* loaded = nullptr;
    if (!ostree_repo_load_variant(repo_, OSTREE_OBJECT_TYPE_DIR_TREE, checksum.c_str(), &loaded, &failure))
        return failure.as_error("folder " + checksum);
    const Variant owned(loaded);
    const std::string_view bytes = bytes_of(loaded);
    if (begin > bytes.size() || size > bytes.size() - begin)
        return fail(Code::Corrupt, "a folder is shorter than the bundle says");
    to += bytes.substr(begin, size);
    return {};
}

}  // namespace holdfast::content
