// An authority whose root is on another computer, which no line leads to.
#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "hub/authority.hpp"

namespace holdfast::hub {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t chain_limit = 64UL * 1024, name_limit = 256;

struct Given {
    std::string own, root;  // DER
};

Result<Given> read_given(std::string_view pem) {
    if (pem.size() > chain_limit) return fail(Code::Corrupt, "two certificates are not that large");
    auto all = TRY(identity::certificates_in(pem));
    if (all.size() != 2)
        return fail(Code::Corrupt, "not the two certificates that 'holdfast hub sign-intermediate' writes");
    return Given{std::move(all[0]), std::move(all[1])};
}

// That it is for this key and this trust domain, and that the root vouches for what it signs.
Result<> check(const Given& given, const identity::Key& key, const std::string& trust_domain, std::int64_t now) {
    const auto certified = TRY(identity::key_of(given.own));
    if (EVP_PKEY_eq(certified.get(), key.get()) != 1)
        return fail(Code::Denied, "that certificate is for another key than this authority's");
    for (const auto& each : {given.own, given.root})
        if (const auto facts = identity::facts_of(each); !facts || facts->uri != "spiffe://" + trust_domain)
            return fail(Code::Denied, "that certificate is not of the trust domain " + trust_domain);
    const auto trial = TRY(identity::make_escrow({given.own, key.get(), {}}, key.get(), trust_domain, {now, now + 1}));
    return identity::check_chain(trial, {given.own}, {given.root}, now);
}

}  // namespace

bool Authority::was_begun(const fs::path& folder) {
    return fs::exists(folder / "authority.key") && !fs::exists(folder / "authority.pem") && !Root::known_in(folder);
}

Result<std::string> Authority::begin(const fs::path& folder, const std::string& trust_domain) {
    TRY(check_vacant(folder));
    // The same request once more may be asked for: the one before may be with the root already.
    const bool again = fs::exists(folder / "authority.key");
    const auto key = TRY(again ? identity::read_key(folder / "authority.key") : identity::make_key());
    const std::string request = TRY(identity::write_authority_request(key.get(), trust_domain));
    TRY(make_directories(folder));
    fs::permissions(folder, fs::perms::owner_all);
    TRY(write_whole(folder / "trust-domain", trust_domain + "\n"));
    if (!again) TRY(identity::write_key(key, folder / "authority.key"));
    return request;
}

Result<std::string> Authority::request() const {
    return identity::write_authority_request(key_.get(), trust_domain_);
}

Result<> Authority::finish(const fs::path& folder, std::string_view certificates, std::int64_t now) {
    auto given = TRY(read_given(certificates));
    if (fs::exists(folder / "authority.pem")) {
        auto there = TRY(open(folder));
        given.root = there.root_;
        TRY(check(given, there.key_, there.trust_domain_, now));
        return there.adopt(given.own, now);
    }
    if (!fs::exists(folder / "authority.key"))
        return fail(Code::NotFound,
                    folder.string() +
                        " has asked for nothing; first: holdfast hub init --trust-domain DOMAIN --root-request FILE");
    const auto key = TRY(identity::read_key(folder / "authority.key"));
    const std::string named = TRY(read_whole(folder / "trust-domain", name_limit));
    TRY(check(given, key, std::string(trim(named)), now));
    TRY(write_whole(folder / "root.pem", identity::pem_of(given.root)));
    TRY(Store::open(folder / "hub.db"));
    crash_point("hub.rooted");
    // Last: with it there is an authority.
    TRY(write_whole(folder / "authority.pem", identity::pem_of(given.own)));
    auto made = TRY(open(folder));
    return made.make_escrow_key(now);
}

}  // namespace holdfast::hub
