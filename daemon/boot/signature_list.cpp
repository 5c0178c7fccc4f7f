#include "boot/signature_list.hpp"

#include "base/little_endian.hpp"
#include "boot/guid.hpp"

#include <algorithm>
#include <array>
#include <format>

namespace holdfast::boot {

namespace {

// SignatureType, SignatureListSize, SignatureHeaderSize, SignatureSize; every entry begins with SignatureOwner.
constexpr std::size_t header_size = 28, owner_size = guid_size, time_size = 16;

enum class Kind { Image, Certificate, CertificateHash, Other };

struct Type {
    std::string_view guid, name;
    Kind kind = Kind::Other;
    std::size_t size = 0;  // of SignatureData; 0: any
};

// UEFI 2.10, section 32.4.1, and EFI_CERT_SM3 from MdePkg/Include/Guid/ImageAuthentication.h of EDK II.
constexpr auto types = std::to_array<Type>({
    {"c1c41626-504c-4092-aca9-41f936934328", "EFI_CERT_SHA256", Kind::Image, 32},
    {"a5c059a1-94e4-4aa7-87b5-ab155c2bf072", "EFI_CERT_X509", Kind::Certificate},
    {"3bd2a492-96c0-4079-b420-fcf98ef103ed", "EFI_CERT_X509_SHA256", Kind::CertificateHash, 32 + time_size},
    {"7076876e-80c2-4ee6-aad2-28b349a6865b", "EFI_CERT_X509_SHA384", Kind::CertificateHash, 48 + time_size},
    {"446dbf63-2502-4cda-bcfa-2465d2b0fe9d", "EFI_CERT_X509_SHA512", Kind::CertificateHash, 64 + time_size},
    {"826ca512-cf10-4ac9-b187-be01496631bd", "EFI_CERT_SHA1"},
    {"0b6e5233-a65c-44c9-9407-d9ab83bfc8bd", "EFI_CERT_SHA224"},
    {"ff3e5307-9fd0-48c9-85f1-8ad56c701e01", "EFI_CERT_SHA384"},
    {"093e0fae-a6c4-4f50-9f1b-d41e2b89c19a", "EFI_CERT_SHA512"},
    {"3c5766e8-269c-4e34-aa14-ed776e85b3b6", "EFI_CERT_RSA2048"},
    {"67f8444f-8743-48f1-a328-1eaab8736080", "EFI_CERT_RSA2048_SHA1"},
    {"e2b36190-879b-4a3d-ad8d-f2e7bba32784", "EFI_CERT_RSA2048_SHA256"},
    {"4aafd29d-68df-49ee-8aa9-347d375665a7", "EFI_CERT_TYPE_PKCS7"},
    {"57347f87-7a9b-403a-b93c-dc4afb7a0ebc", "EFI_CERT_SM3"},
});

Type type_of(const std::string& guid) {
    const auto known = std::ranges::find(types, guid, &Type::guid);
    return known == types.end() ? Type{guid, guid} : *known;
}

// EFI_TIME (UEFI 2.10, section 8.3): Year, Month, Day and more.
std::string day_of(std::string_view time) {
    const unsigned year = *number<std::uint16_t>(time, 0);
    const unsigned month = *number<std::uint8_t>(time, 2), day = *number<std::uint8_t>(time, 3);
    return year == 0 && month == 0 && day == 0 ? "" : std::format("{:04}-{:02}-{:02}", year, month, day);
}

void take(SignatureDatabase& database, const Type& type, std::string_view data) {
    switch (type.kind) {
        case Kind::Image: std::ranges::copy(data, database.images.emplace_back().begin()); break;
        case Kind::Certificate: database.certificates.emplace_back(data); break;
        case Kind::CertificateHash: {
            const std::size_t hash = data.size() - time_size;
            database.revoked.push_back({std::string(data.substr(0, hash)), day_of(data.substr(hash))});
            break;
        }
        case Kind::Other: ++database.passed_over[std::string(type.name)]; break;
    }
}

// Takes the first list of `bytes`; its size.
Result<std::size_t> take_list(SignatureDatabase& database, std::string_view bytes) {
    if (bytes.size() < header_size) return fail(Code::Corrupt, "it ends within the head of a list");
    const std::string guid = TRY(guid_text(bytes.substr(0, guid_size)));
    const Type type = type_of(guid);
    const std::size_t list = *number<std::uint32_t>(bytes, 16), header = *number<std::uint32_t>(bytes, 20),
                      entry = *number<std::uint32_t>(bytes, 24);
    const std::string named = "a list of " + std::string(type.name);
    if (list < header_size || list > bytes.size()) return fail(Code::Corrupt, named + " ends behind the variable");
    if (header > list - header_size) return fail(Code::Corrupt, named + " is smaller than its head");
    if (entry <= owner_size || (type.size != 0 && entry != owner_size + type.size))
        return fail(Code::Corrupt, named + " has entries of " + std::to_string(entry) + " bytes");
    const auto entries = bytes.substr(0, list).substr(header_size + header);
    if (entries.size() % entry != 0) return fail(Code::Corrupt, named + " ends within an entry");
    for (std::size_t at = 0; at < entries.size(); at += entry)
        take(database, type, entries.substr(at + owner_size, entry - owner_size));
    return list;
}

}  // namespace

Result<SignatureDatabase> parse_signature_database(std::string_view bytes) {
    if (bytes.size() > signature_database_limit) return fail(Code::Corrupt, "larger than 1 MiB, the most that is read");
    SignatureDatabase database;
    for (std::size_t number = 1; !bytes.empty(); ++number)
        bytes.remove_prefix(TRY(in("list " + std::to_string(number), take_list(database, bytes))));
    return database;
}

}  // namespace holdfast::boot
