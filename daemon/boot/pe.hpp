// Portable Executable files as UEFI firmware reads them: bounds-checked, at most 512 MiB.
// Format: Microsoft, "PE Format"; hash: Microsoft, "Windows Authenticode Portable Executable Signature Format",
// section "Calculating the PE Image Hash".
#pragma once

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::boot {

inline constexpr std::size_t pe_limit = 512 * mebibyte;

struct Section {
    std::string name;           // ".linux"; at most 8 bytes
    std::uint32_t address = 0;  // where it is loaded, from the image's base
    std::uint32_t size = 0;     // bytes in memory; beyond `raw` they are zero
    std::string_view raw;       // its bytes in the file, padding included
    // The bytes in memory: `raw` without its padding, or with zeros added.
    std::string contents() const;
};

class Pe {
public:
    // Corrupt where it is no PE file, or one whose parts overlap or stand outside of it; the sentence says which.
    static Result<Pe> parse(std::string bytes);
    static Result<Pe> load(const std::filesystem::path& file);
    Pe(Pe&&) = default;
    Pe& operator=(Pe&&) = default;

    std::string_view bytes() const { return *bytes_; }
    const std::vector<Section>& sections() const { return sections_; }
    // The first section of that name; nullptr where there is none.
    const Section* section(std::string_view name) const;
    bool is_signed() const { return certificates_.size() != 0; }
    // The attribute certificate table, for parse_certificate_table; empty where nobody signed the file.
    std::string_view certificates() const { return certificates_; }
    // What the firmware extends into PCR 4, and what a signature of the file vouches for.
    Digest authenticode() const;

private:
    Pe() = default;
    Result<> read_headers();
    Result<> read_sections(std::size_t table, std::size_t count);
    Result<> read_certificates(std::size_t entry);
    std::string_view range(std::size_t from, std::size_t to) const;

    std::shared_ptr<const std::string> bytes_;  // shared: the views below stay valid when the object moves
    std::vector<Section> sections_;
    std::string_view certificates_;
    std::size_t headers_size_ = 0;
    std::size_t checksum_ = 0;                       // offset of the field
    std::optional<std::size_t> certificates_entry_;  // offset of the directory's field, where there is one
};

}  // namespace holdfast::boot
