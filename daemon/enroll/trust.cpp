#include "enroll/trust.hpp"

#include "base/file.hpp"
#include "base/json.hpp"

namespace holdfast::enroll {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t limit = 8192;
constexpr unsigned for_all = 0644;

Result<Trust> parse(std::string_view text) {
    const Json all = TRY(json::parse(text, limit));
    TRY(json::only(all, {"standing", "reason"}));
    const std::string standing = TRY(json::text(all, "standing", 16));
    Trust trust{.reason = TRY(json::text(all, "reason", limit))};
    for (const auto each : {Standing::Unknown, Standing::Trusted, Standing::Untrusted})
        if (standing == enroll::text(each)) return trust.standing = each, trust;
    return fail(Code::Corrupt, "standing: '" + standing + "' is none");
}

}  // namespace

fs::path trust_file(const fs::path& root) {
    return root / trust_folder / "trust.json";
}

Trust read_trust(const fs::path& root) {
    const auto bytes = read_whole(trust_file(root), limit);
    if (!bytes && bytes.error().code == Code::NotFound) return {.reason = "it was not looked at since the start"};
    if (!bytes) return {.reason = bytes.error().what};
    auto trust = parse(*bytes);
    if (trust) return *std::move(trust);
    return {.reason = trust_file(root).string() + ": " + trust.error().what};
}

Result<> write_trust(const fs::path& root, const Trust& trust) {
    const Json all{{"standing", text(trust.standing)}, {"reason", trust.reason}};
    TRY(make_directories(root / trust_folder));
    return write_whole(trust_file(root), json::write(all), for_all);
}

Result<> refuse_untrusted(const fs::path& root, const std::string& what) {
    const auto trust = read_trust(root);
    if (trust.standing != Standing::Untrusted) return {};
    return fail(Code::Denied, "this box found itself untrusted, so it gives no " + what + ": " + trust.reason +
                                  "; look again with: holdfast identity attest");
}

std::string_view text(Standing standing) {
    switch (standing) {
        case Standing::Trusted: return "trusted";
        case Standing::Untrusted: return "untrusted";
        case Standing::Unknown: break;
    }
    return "unknown";
}

}  // namespace holdfast::enroll
