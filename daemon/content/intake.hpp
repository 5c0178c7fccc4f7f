// A bundle that comes in from its first byte on, in pieces, over days perhaps. What is there is checked before more is
// asked for, and every chunk once it is whole, so that a break costs nothing and damage one chunk.
#pragma once

#include "base/digest.hpp"
#include "base/handle.hpp"
#include "content/bundle.hpp"
#include "content/trust.hpp"

#include <filesystem>
#include <optional>

namespace holdfast::content {

class Intake {
public:
    // Goes on where `file` ends, or makes it. What is damaged at its end is cut off.
    static Result<Intake> open(const std::filesystem::path& file, const Trust& trust);

    // Bytes that are there; the next one to ask for.
    std::uint64_t have() const { return have_; }
    // Nothing before the header is there, signed by a key of the keyring.
    const Header* header() const { return header_ ? &*header_ : nullptr; }
    std::uint64_t total() const { return total_; }  // bytes of the whole bundle; 0 before the header is there
    bool whole() const { return header_ && have_ == total_; }

    // Corrupt where a chunk is not what the header says: then it was cut off again, and `have` is its first byte.
    // Denied or Corrupt where the header is not to be believed: then all was cut off. NoSpace where the disk is full:
    // then what fitted stays.
    Result<> add(std::string_view bytes);
    // Throws away what came.
    Result<> restart();
    // Makes what came last durable.
    Result<> sync();

private:
    Intake(std::filesystem::path file, Trust trust, Fd opened)
        : path_(std::move(file)), trust_(std::move(trust)), file_(std::move(opened)) {}
    Result<> take_up();
    Result<std::size_t> step(std::string_view bytes);
    Result<> write(std::string_view bytes);
    Result<> cut(std::uint64_t size);
    Result<> check_head();
    Result<> check_chunk();
    std::string head_;  // until it is whole
    std::size_t wanted() const;

    std::filesystem::path path_;
    Trust trust_;
    Fd file_;
    std::uint64_t have_ = 0, total_ = 0;
    std::optional<Header> header_;
    std::optional<Sizes> sizes_;
    std::size_t chunk_ = 0;       // the one that comes now
    std::uint64_t chunk_at_ = 0;  // its first byte
    Sha256 digest_;               // of what came of it
};

}  // namespace holdfast::content
