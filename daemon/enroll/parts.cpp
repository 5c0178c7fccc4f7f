#include "enroll/parts.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "enroll/request.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <zstd.h>

namespace holdfast::enroll {

namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
constexpr std::string_view mark = "HF1/";
constexpr std::size_t longest_head = mark.size() + std::string_view("400/400/01234567/").size();
constexpr unsigned base = 45;

std::string short_digest(std::string_view message) {
    std::string digits = sha256_hex(message).substr(0, 8);
    std::ranges::transform(digits, digits.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
    return digits;
}

struct Part {
    std::size_t number = 0, of = 0;
    std::string digest, text;
};

std::optional<std::size_t> whole(std::string_view text) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number == 0 || number > most_parts)
        return std::nullopt;
    return number;
}

// HF1/NUMBER/OF/DIGEST/TEXT
Result<Part> parse_part(std::string_view line) {
    const auto wrong = fail(Code::Corrupt, "'" + valid_utf8(line.substr(0, 24)) + "…' is no part of a request");
    std::vector<std::string_view> fields;
    while (fields.size() < 4) {
        const auto slash = line.find('/');
        if (slash == line.npos) return wrong;
        fields.push_back(line.substr(0, slash));
        line.remove_prefix(slash + 1);
    }
    const auto number = whole(fields[1]), of = whole(fields[2]);
    if (fields[0] != "HF1" || !number || !of || *number > *of || fields[3].size() != 8) return wrong;
    return Part{*number, *of, std::string(fields[3]), std::string(line)};
}

Result<std::string> unpacked(std::string_view packed) {
    std::string message(request_limit, '\0');
    const std::size_t size = ZSTD_decompress(message.data(), message.size(), packed.data(), packed.size());
    if (ZSTD_isError(size))
        return fail(Code::Corrupt, "the parts make no request: " + std::string(ZSTD_getErrorName(size)));
    message.resize(size);
    return message;
}

}  // namespace

std::string to_base45(std::string_view bytes) {
    std::string text;
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
        const bool pair = i + 1 < bytes.size();
        unsigned value = pair ? at(i) * 256U + at(i + 1) : at(i);
        for (int letters = pair ? 3 : 2; letters > 0; --letters) {
            text += alphabet[value % base];
            value /= base;
        }
    }
    return text;
}

Result<std::string> from_base45(std::string_view text) {
    const auto wrong = fail(Code::Corrupt, "what was read is no base 45");
    std::string bytes;
    while (!text.empty()) {
        const std::size_t letters = std::min<std::size_t>(3, text.size());
        if (letters == 1) return wrong;
        unsigned value = 0;
        for (std::size_t i = letters; i-- > 0;) {
            const auto digit = alphabet.find(text[i]);
            if (digit == alphabet.npos) return wrong;
            value = value * base + static_cast<unsigned>(digit);
        }
        if (value > (letters == 3 ? 0xFFFFU : 0xFFU)) return wrong;
        if (letters == 3) bytes += static_cast<char>(value >> 8U);
        bytes += static_cast<char>(value & 0xFFU);
        text.remove_prefix(letters);
    }
    return bytes;
}

Result<std::vector<std::string>> write_parts(std::string_view message, std::size_t letters) {
    if (letters < fewest_letters) return fail(Code::Bug, "too few letters for a part");
    std::string packed(ZSTD_compressBound(message.size()), '\0');
    const std::size_t size = ZSTD_compress(packed.data(), packed.size(), message.data(), message.size(), 19);
    if (ZSTD_isError(size)) return fail(Code::Bug, ZSTD_getErrorName(size));
    const std::string text = to_base45(std::string_view(packed).substr(0, size));
    const std::size_t step = letters - longest_head, count = (text.size() + step - 1) / step;
    if (count > most_parts)
        return fail(Code::Corrupt,
                    "that would be " + std::to_string(count) + " codes of this size; make the window larger");
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < count; ++i)
        parts.push_back(std::string(mark) + std::to_string(i + 1) + "/" + std::to_string(count) + "/" +
                        short_digest(message) + "/" + text.substr(i * step, step));
    return parts;
}

Result<std::string> join_parts(std::string_view lines) {
    std::map<std::size_t, std::string> found;
    std::optional<Part> first;
    for (const auto& line : split(lines, '\n')) {
        // Spaces at its end may be of the text: only what readers add is taken off.
        std::string_view words = line;
        while (words.ends_with('\r')) words.remove_suffix(1);
        if (words.empty()) continue;
        auto part = TRY(parse_part(words));
        if (!first) first = part;
        if (part.of != first->of || part.digest != first->digest)
            return fail(Code::Corrupt, "these are parts of different requests");
        found[part.number] = std::move(part.text);
    }
    if (!first) return fail(Code::Corrupt, "there is no part in it");
    std::string missing, text;
    for (std::size_t i = 1; i <= first->of; ++i)
        if (found.contains(i))
            text += found[i];
        else
            missing += " " + std::to_string(i);
    if (!missing.empty())
        return fail(Code::Corrupt, "parts are missing:" + missing + " of " + std::to_string(first->of));
    const std::string packed = TRY(from_base45(text));
    auto message = TRY(unpacked(packed));
    if (short_digest(message) != first->digest) return fail(Code::Corrupt, "a part was misread; read them again");
    return message;
}

bool are_parts(std::string_view bytes) {
    return bytes.starts_with(mark);
}

}  // namespace holdfast::enroll
