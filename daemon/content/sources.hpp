// The files that a bundle refers to: those of the commit it builds on, and those that it brought itself.
#pragma once

#include "base/handle.hpp"
#include "content/packing.hpp"

#include <filesystem>
#include <string>
#include <vector>

struct OstreeRepo;

namespace holdfast::content {

// A file or symlink of a commit, or a folder.
struct Member {
    std::filesystem::path path;  // from the commit's root, with no leading slash; the root is ""
    std::string checksum;        // of a folder: its dirtree
    std::string attributes;      // of a folder: the checksum of its dirmeta
};

// All of a commit, in an order that its content alone decides: a folder and its files by name, then what is in its
// folders, by name. What stands at two paths is there twice.
struct Tree {
    std::vector<Member> files, folders;
};
Result<Tree> tree_of(OstreeRepo* repo, const std::string& commit);
Result<Tree> tree_of(const std::filesystem::path& repo, const std::string& commit);

// Reads files of a repository as deltas see them, unpacked, by ranges. Keeps the file of the last range open, so that
// ranges one behind the other unpack it once. Needs no memory for it: what must be unpacked goes to a nameless file in
// `scratch`.
class Sources {
public:
    // The repository must outlive this; objects of its open transaction count.
    Sources(OstreeRepo* repo, std::filesystem::path scratch) : repo_(repo), scratch_(std::move(scratch)) {}

    // Appends `size` bytes from `begin` on. Corrupt where the file is shorter or its pieces are others.
    Result<> append(const std::string& checksum, const std::vector<Piece>& pieces, std::uint64_t begin,
                    std::uint64_t size, std::string& to);

    // The same of a dirtree object, which is short.
    Result<> append_folder(const std::string& checksum, std::uint64_t begin, std::uint64_t size, std::string& to) const;

private:
    Result<> open(const std::string& checksum, const std::vector<Piece>& pieces);
    Result<Fd> content(const std::string& checksum) const;
    OstreeRepo* repo_;
    std::filesystem::path scratch_;
    std::string checksum_;  // of the file that is open
    Fd file_;
};

// A file without a name in `folder`, on its disk.
Result<Fd> nameless_file(const std::filesystem::path& folder);

}  // namespace holdfast::content
