#include "boot/pe.hpp"

#include "base/little_endian.hpp"

#include <algorithm>

namespace holdfast::boot {

namespace {

// Offsets of the fields that are used, from "PE Format", sections "MS-DOS Stub" to "Section Table".
constexpr std::size_t dos_size = 64, dos_pe_offset = 0x3c;
constexpr std::size_t coff_size = 24;  // "PE\0\0" and the COFF header
constexpr std::size_t coff_sections = 6, coff_optional_size = 20;
constexpr std::size_t optional_headers_size = 60, optional_checksum = 64;
constexpr std::uint16_t magic_pe32 = 0x10b, magic_pe32_plus = 0x20b;
constexpr std::size_t directory_certificates = 4, directory_size = 8;
constexpr std::size_t section_header_size = 40, section_limit = 96;

template <std::unsigned_integral T>
Result<T> read(std::string_view bytes, std::size_t at, std::string_view what) {
    if (const auto value = number<T>(bytes, at)) return *value;
    return fail(Code::Corrupt, "the file ends before " + std::string(what));
}

std::string section_name(std::string_view field) {
    return std::string(field.substr(0, field.find('\0')));
}

bool in_file_order(const Section& a, const Section& b) {
    return a.raw.data() < b.raw.data();
}

}  // namespace

std::string Section::contents() const {
    std::string bytes(raw.substr(0, std::min<std::size_t>(raw.size(), size)));
    bytes.resize(size, '\0');
    return bytes;
}

Result<Pe> Pe::load(const std::filesystem::path& file) {
    return in(file.string(), parse(TRY(read_whole(file, pe_limit))));
}

Result<Pe> Pe::parse(std::string bytes) {
    if (bytes.size() > pe_limit) return fail(Code::Corrupt, "larger than 512 MiB, the most that is read");
    Pe pe;
    pe.bytes_ = std::make_shared<const std::string>(std::move(bytes));
    TRY(pe.read_headers());
    return pe;
}

Result<> Pe::read_headers() {
    const std::string_view file = *bytes_;
    if (file.size() < dos_size || !file.starts_with("MZ")) return fail(Code::Corrupt, "not a PE file: no MZ header");
    const std::size_t pe = TRY(read<std::uint32_t>(file, dos_pe_offset, "the PE offset"));
    if (pe > file.size() || !file.substr(pe).starts_with(std::string_view("PE\0\0", 4)))
        return fail(Code::Corrupt, "not a PE file: no PE header");
    const std::size_t count = TRY(read<std::uint16_t>(file, pe + coff_sections, "the number of sections"));
    const std::size_t optional_size = TRY(read<std::uint16_t>(file, pe + coff_optional_size, "the header's size"));
    const std::size_t optional = pe + coff_size;
    const auto magic = TRY(read<std::uint16_t>(file, optional, "the optional header"));
    if (magic != magic_pe32 && magic != magic_pe32_plus) return fail(Code::Corrupt, "neither PE32 nor PE32+");
    headers_size_ = TRY(read<std::uint32_t>(file, optional + optional_headers_size, "the size of the headers"));
    checksum_ = optional + optional_checksum;

    const std::size_t directories = optional + (magic == magic_pe32 ? 96 : 112);
    const std::size_t known = TRY(read<std::uint32_t>(file, directories - 4, "the number of directories"));
    const std::size_t end = directories + known * directory_size;
    if (known > 64 || end > optional + optional_size)
        return fail(Code::Corrupt, "the data directories stand outside of the optional header");
    if (known > directory_certificates) certificates_entry_ = directories + directory_certificates * directory_size;
    TRY(read_sections(optional + optional_size, count));
    return certificates_entry_ ? read_certificates(*certificates_entry_) : Result<>();
}

Result<> Pe::read_sections(std::size_t table, std::size_t count) {
    const std::string_view file = *bytes_;
    if (count > section_limit) return fail(Code::Corrupt, "more than 96 sections");
    if (headers_size_ > file.size() || table + count * section_header_size > headers_size_)
        return fail(Code::Corrupt, "the section table stands outside of the headers");
    for (std::size_t i = 0; i < count; ++i) {
        const auto header = file.substr(table + i * section_header_size, section_header_size);
        Section section{section_name(header.substr(0, 8)),
                        *number<std::uint32_t>(header, 12),
                        *number<std::uint32_t>(header, 8),
                        {}};
        const std::size_t size = *number<std::uint32_t>(header, 16), at = *number<std::uint32_t>(header, 20);
        if (section.size > pe_limit) return fail(Code::Corrupt, "section " + std::to_string(i) + " is over 512 MiB");
        if (size && (at < headers_size_ || at > file.size() || file.size() - at < size))
            return fail(Code::Corrupt, "section " + std::to_string(i) + " stands outside of the file");
        if (size) section.raw = file.substr(at, size);
        sections_.push_back(std::move(section));
    }
    auto placed = sections_;
    std::erase_if(placed, [](const Section& section) { return section.raw.empty(); });
    std::ranges::sort(placed, in_file_order);
    const auto overlap = std::ranges::adjacent_find(
        placed, [](const Section& a, const Section& b) { return b.raw.data() < a.raw.data() + a.raw.size(); });
    if (overlap != placed.end()) return fail(Code::Corrupt, "two sections share bytes");
    return {};
}

Result<> Pe::read_certificates(std::size_t entry) {
    const std::string_view file = *bytes_;
    const std::size_t at = TRY(read<std::uint32_t>(file, entry, "the certificate table's place"));
    const std::size_t size = TRY(read<std::uint32_t>(file, entry + 4, "the certificate table's size"));
    if (size == 0) return {};
    if (at < headers_size_ || at > file.size() || file.size() - at != size)
        return fail(Code::Corrupt, "the certificate table does not end the file");
    certificates_ = file.substr(at, size);
    const bool shared = std::ranges::any_of(sections_, [&](const Section& section) {
        return !section.raw.empty() && section.raw.data() + section.raw.size() > certificates_.data();
    });
    if (shared) return fail(Code::Corrupt, "a section stands in the certificate table");
    return {};
}

const Section* Pe::section(std::string_view name) const {
    const auto found = std::ranges::find(sections_, name, &Section::name);
    return found == sections_.end() ? nullptr : &*found;
}

std::string_view Pe::range(std::size_t from, std::size_t to) const {
    return from < to ? std::string_view(*bytes_).substr(from, to - from) : std::string_view();
}

Digest Pe::authenticode() const {
    Sha256 sum;
    sum.add(range(0, checksum_));
    if (certificates_entry_) {
        sum.add(range(checksum_ + 4, *certificates_entry_));
        sum.add(range(*certificates_entry_ + directory_size, headers_size_));
    } else {
        sum.add(range(checksum_ + 4, headers_size_));
    }
    auto sections = sections_;
    std::ranges::sort(sections, in_file_order);
    std::size_t hashed = headers_size_;
    for (const auto& section : sections) {
        sum.add(section.raw);
        hashed += section.raw.size();
    }
    // Step 14: what follows, counted from the sum of the sizes and not from the last section's end.
    return sum.add(range(hashed, bytes_->size() - certificates_.size())).finish();
}

}  // namespace holdfast::boot
