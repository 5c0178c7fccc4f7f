#include "hub/root.hpp"

#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "hub/authority.hpp"
#include "hub/validity.hpp"

#include <algorithm>

namespace holdfast::hub {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t root_days = 20LL * 365, authority_days = 5LL * 365;
constexpr std::size_t place_limit = 16UL * 1024, text_limit = 4096;

Result<token::Place> remembered(const fs::path& file) {
    const std::string text = TRY(read_whole(file, place_limit));
    const Json place = TRY(in(file.string(), json::parse(text, place_limit)));
    TRY(in(file.string(), json::only(place, {"uri", "module"})));
    return token::Place{.uri = TRY(json::text(place, "uri", text_limit)),
                        .module = TRY(json::text(place, "module", text_limit))};
}

Result<> drop(const fs::path& file) {
    std::error_code wrong;
    fs::remove(file, wrong);
    if (wrong) return std::unexpected(system_error(wrong.value(), file, "removing"));
    return {};
}

// What is begun here is nobody else's folder, which would be closed to all others. Once it is begun, people may have
// laid something beside: a request for the root, what that has signed.
Result<> check_own(const fs::path& folder) {
    if (fs::exists(folder / "trust-domain")) return {};
    constexpr std::string_view ours[] = {"root", "hub.db", "authority", "escrow", "trust-domain", "waiting"};
    std::error_code wrong;
    for (const auto& each : fs::directory_iterator(folder, wrong)) {
        const std::string name = each.path().filename();
        if (std::ranges::none_of(ours, [&](std::string_view our) { return name.starts_with(our); }))
            return fail(Code::Denied, folder.string() + " holds other things, such as " + name +
                                          "; an authority needs a folder of its own: --state DIR");
    }
    return {};
}

}  // namespace

Result<Root> Root::make() {
    return Root(TRY(identity::make_key()));
}

Result<Root> Root::read(const fs::path& file) {
    return Root(TRY(identity::read_key(file)));
}

Result<Root> Root::on_token(const token::Place& place, const token::Pin& pin) {
    return Root(TRY(token::Key::open(place, pin)));
}

bool Root::known_in(const fs::path& folder) {
    return fs::exists(folder / "root.key") || fs::exists(folder / "root.token");
}

Result<Root> Root::of(const fs::path& folder, const token::Pin& pin) {
    if (fs::exists(folder / "root.token")) {
        const auto place = TRY(remembered(folder / "root.token"));
        return on_token(place, pin);
    }
    if (known_in(folder)) return read(folder / "root.key");
    return fail(Code::NotFound,
                "the root's key is not in " + folder.string() + "; bring it: holdfast hub renew --root-key FILE");
}

Result<> Root::keep(const fs::path& folder) const {
    if (const auto* key = std::get_if<identity::Key>(&key_)) {
        TRY(identity::write_key(*key, folder / "root.key"));
        return drop(folder / "root.token");
    }
    const auto& place = std::get<token::Key>(key_).place();
    const auto module = place.module.empty() ? fs::path() : fs::absolute(place.module);
    TRY(write_whole(folder / "root.token", json::write({{"uri", place.uri}, {"module", module.string()}}) + "\n"));
    return drop(folder / "root.key");
}

EVP_PKEY* Root::public_key() const {
    if (const auto* key = std::get_if<identity::Key>(&key_)) return key->get();
    return std::get<token::Key>(key_).public_key();
}

identity::Signer Root::signer() {
    auto* key = std::get_if<token::Key>(&key_);
    if (!key) return {};
    return [key](const Digest& digest) { return key->sign(digest); };
}

Result<std::string> Root::certify_itself(const std::string& trust_domain, identity::Validity validity) {
    return identity::make_root(public_key(), trust_domain, validity, signer());
}

Result<std::string> Root::certify_intermediate(const std::string& root, EVP_PKEY* subject,
                                               const std::string& trust_domain, identity::Validity validity) {
    const auto certified = TRY(identity::key_of(root));
    if (EVP_PKEY_eq(certified.get(), public_key()) != 1)
        return fail(Code::Denied, "that is another key than the one of this authority's root");
    const identity::Issuer issuer{root, on_token() ? nullptr : public_key(), signer()};
    return identity::make_intermediate(issuer, subject, trust_domain, validity);
}

Result<std::string> sign_request(const fs::path& folder, const identity::AuthorityRequest& request, Root root,
                                 std::int64_t now) {
    std::string top;
    if (fs::exists(folder / "root.pem")) {
        const std::string pem = TRY(read_whole(folder / "root.pem", place_limit));
        top = TRY(in((folder / "root.pem").string(), identity::certificates_in(pem))).front();
        const std::string uri = TRY(identity::facts_of(top)).uri;
        if (uri != "spiffe://" + request.trust_domain)
            return fail(Code::Denied,
                        "this root is of " + uri + ", and the request of spiffe://" + request.trust_domain);
    } else {
        top = TRY(root.certify_itself(request.trust_domain, valid(now, root_days)));
    }
    const std::string below =
        TRY(root.certify_intermediate(top, request.key.get(), request.trust_domain, valid(now, authority_days)));
    if (!fs::exists(folder / "root.pem")) {
        TRY(make_directories(folder));
        fs::permissions(folder, fs::perms::owner_all);
        TRY(root.keep(folder));
        TRY(write_whole(folder / "root.pem", identity::pem_of(top)));
    }
    return identity::pem_of(below) + identity::pem_of(top);
}

Result<> Authority::check_vacant(const fs::path& folder) {
    if (fs::exists(folder / "authority.pem")) {
        const auto there = TRY(open(folder));
        return fail(Code::Denied, folder.string() + " holds an authority already, that of " + there.trust_domain() +
                                      ", fingerprint " + there.fingerprint() +
                                      "; nothing was changed. Another one needs another folder: --state DIR");
    }
    return check_own(folder);
}

Result<> Authority::create(const fs::path& folder, const std::string& trust_domain, Root root, std::int64_t now) {
    TRY(check_vacant(folder));
    if (was_begun(folder))
        return fail(Code::Denied,
                    folder.string() +
                        " waits for what a root elsewhere has to answer; nothing was changed. Give that with: "
                        "holdfast hub init --intermediate FILE, or begin in another folder: --state DIR");
    TRY(identity::check_trust_domain(trust_domain));
    // All that a token can refuse, before anything is written.
    const auto key = TRY(identity::make_key());
    const std::string top = TRY(root.certify_itself(trust_domain, valid(now, root_days)));
    const std::string own = TRY(root.certify_intermediate(top, key.get(), trust_domain, valid(now, authority_days)));
    TRY(make_directories(folder));
    fs::permissions(folder, fs::perms::owner_all);
    TRY(root.keep(folder));
    TRY(write_whole(folder / "root.pem", identity::pem_of(top)));
    TRY(write_whole(folder / "trust-domain", trust_domain + "\n"));
    TRY(Store::open(folder / "hub.db"));
    crash_point("hub.rooted");
    TRY(identity::write_key(key, folder / "authority.key"));
    // Last: with it there is an authority.
    TRY(write_whole(folder / "authority.pem", identity::pem_of(own)));
    return TRY(open(folder)).make_escrow_key(now);
}

Result<> Authority::create(const fs::path& folder, const std::string& trust_domain, std::int64_t now) {
    auto root = TRY(Root::make());
    return create(folder, trust_domain, std::move(root), now);
}

Result<> Authority::renew(Root root, std::int64_t now) {
    const auto own = TRY(root.certify_intermediate(root_, key_.get(), trust_domain_, valid(now, authority_days)));
    return adopt(own, now);
}

Result<> Authority::adopt(const std::string& certificate, std::int64_t now) {
    std::string escrow;
    if (const auto chain = escrow_chain()) {
        const auto key = TRY(identity::key_of(chain->front()));
        escrow = TRY(
            identity::make_escrow({certificate, key_.get(), {}}, key.get(), trust_domain_, valid(now, authority_days)));
    }
    TRY(write_whole(folder_ / "authority.pem", identity::pem_of(certificate)));
    certificate_ = certificate;
    // The old one goes on to fit the new one above it: the keys are the same.
    if (!escrow.empty()) TRY(write_whole(folder_ / "escrow.pem", identity::pem_of(escrow)));
    return {};
}

Result<std::int64_t> Authority::until() const {
    return TRY(identity::facts_of(certificate_)).validity.until;
}

}  // namespace holdfast::hub
