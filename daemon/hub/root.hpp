// The key that signs an authority's own certificate: in a file, or on a token that it never leaves.
#pragma once

#include "identity/issue.hpp"
#include "identity/request.hpp"
#include "token/token.hpp"

#include <filesystem>
#include <string>
#include <variant>

namespace holdfast::hub {

class Root {
public:
    static Result<Root> make();
    // PKCS#8, PEM.
    static Result<Root> read(const std::filesystem::path& file);
    // As token::Key::open says.
    static Result<Root> on_token(const token::Place& place, const token::Pin& pin);
    // Whether that folder has one, or knows where it is.
    static bool known_in(const std::filesystem::path& folder);
    // The one that an authority's folder keeps, or says the place of. NotFound where it does neither.
    static Result<Root> of(const std::filesystem::path& folder, const token::Pin& pin);

    // Writes the key to root.key, or where it is to root.token, and takes away what an init that was cut left there.
    Result<> keep(const std::filesystem::path& folder) const;
    bool on_token() const { return std::holds_alternative<token::Key>(key_); }

    // Certificates are DER.
    Result<std::string> certify_itself(const std::string& trust_domain, identity::Validity validity);
    // Denied where `root` is the certificate of another key.
    Result<std::string> certify_intermediate(const std::string& root, EVP_PKEY* subject,
                                             const std::string& trust_domain, identity::Validity validity);

private:
    explicit Root(identity::Key key) : key_(std::move(key)) {}
    explicit Root(token::Key key) : key_(std::move(key)) {}
    EVP_PKEY* public_key() const;
    identity::Signer signer();

    std::variant<identity::Key, token::Key> key_;
};

// On the computer that has the root's key, in `folder` or on a token: certifies an authority that is on another one,
// and before that itself where `folder` holds no certificate of it yet. The certificates of both, PEM. Denied where the
// root is of another trust domain.
Result<std::string> sign_request(const std::filesystem::path& folder, const identity::AuthorityRequest& request,
                                 Root root, std::int64_t now);

}  // namespace holdfast::hub
