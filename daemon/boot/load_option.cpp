#include "boot/load_option.hpp"

#include "base/little_endian.hpp"
#include "boot/guid.hpp"
#include "boot/utf16.hpp"

namespace holdfast::boot {

namespace {

// EFI_LOAD_OPTION: Attributes, FilePathListLength, Description, FilePathList.
constexpr std::size_t head_size = 6;
constexpr std::uint32_t attribute_active = 0x01, attribute_category = 0x1f00;

// Device path nodes (UEFI 2.10, section 10.3): Type, Sub-Type, Length.
constexpr std::size_t node_head = 4, hard_drive_size = 42;
constexpr std::uint8_t type_media = 4, type_end = 0x7f, sub_hard_drive = 1, sub_file = 4, sub_end_all = 0xff;
constexpr std::uint8_t format_gpt = 2, signature_guid = 2;

struct Node {
    std::uint8_t type = 0, sub_type = 0;
    std::string_view data;
    bool is(std::uint8_t t, std::uint8_t s) const { return type == t && sub_type == s; }
};

// Takes the first node off `path`.
Result<Node> take_node(std::string_view& path) {
    const auto length = number<std::uint16_t>(path, 2);
    if (!length || *length < node_head || *length > path.size())
        return fail(Code::Corrupt, "its device path ends within a node");
    const Node node{*number<std::uint8_t>(path, 0), *number<std::uint8_t>(path, 1),
                    path.substr(node_head, *length - node_head)};
    path.remove_prefix(*length);
    return node;
}

Result<std::optional<Partition>> partition_in(std::string_view data) {
    if (data.size() != hard_drive_size - node_head)
        return fail(Code::Corrupt, "its device path names a partition in " + std::to_string(data.size()) + " bytes");
    if (*number<std::uint8_t>(data, 36) != format_gpt || *number<std::uint8_t>(data, 37) != signature_guid)
        return std::nullopt;
    return Partition{TRY(guid_text(data.substr(20, guid_size))), *number<std::uint32_t>(data, 0),
                     *number<std::uint64_t>(data, 4), *number<std::uint64_t>(data, 12)};
}

Result<> read_path(LoadOption& option, std::string_view path) {
    while (!path.empty()) {
        const Node node = TRY(take_node(path));
        if (node.type == type_end) return {};
        if (node.is(type_media, sub_hard_drive)) option.partition = TRY(partition_in(node.data));
        if (node.is(type_media, sub_file)) option.file += from_utf16(node.data);
    }
    return fail(Code::Corrupt, "its device path has no end");
}

void append_node(std::string& path, std::uint8_t type, std::uint8_t sub_type, std::string_view data) {
    append(path, type);
    append(path, sub_type);
    append(path, static_cast<std::uint16_t>(node_head + data.size()));
    path += data;
}

Result<std::string> hard_drive(const Partition& partition) {
    std::string data;
    append(data, partition.number);
    append(data, partition.start);
    append(data, partition.size);
    data += TRY(guid_bytes(partition.uuid));
    append(data, format_gpt);
    append(data, signature_guid);
    return data;
}

}  // namespace

Result<LoadOption> parse_load_option(std::string_view bytes) {
    if (bytes.size() > load_option_limit) return fail(Code::Corrupt, "larger than 64 KiB, the most that is read");
    if (bytes.size() < head_size) return fail(Code::Corrupt, "it ends within its head");
    const auto attributes = *number<std::uint32_t>(bytes, 0);
    const std::size_t path_size = *number<std::uint16_t>(bytes, 4);
    std::size_t end = head_size;
    while (number<std::uint16_t>(bytes, end).value_or(0) != 0) end += 2;
    if (end + 2 > bytes.size()) return fail(Code::Corrupt, "its label has no end");
    LoadOption option{.active = (attributes & attribute_active) && !(attributes & attribute_category),
                      .label = from_utf16(bytes.substr(head_size, end - head_size))};
    const auto rest = bytes.substr(end + 2);
    if (path_size > rest.size()) return fail(Code::Corrupt, "its device path ends behind it");
    TRY(read_path(option, rest.substr(0, path_size)));
    return option;
}

Result<std::string> encode(const LoadOption& option) {
    if (!option.partition) return fail(Code::Bug, "a boot entry without a partition");
    std::string path;
    append_node(path, type_media, sub_hard_drive, TRY(hard_drive(*option.partition)));
    append_node(path, type_media, sub_file, to_utf16(option.file));
    append_node(path, type_end, sub_end_all, "");
    std::string bytes;
    append(bytes, option.active ? attribute_active : std::uint32_t{0});
    append(bytes, static_cast<std::uint16_t>(path.size()));
    return bytes + to_utf16(option.label) + path;
}

}  // namespace holdfast::boot
