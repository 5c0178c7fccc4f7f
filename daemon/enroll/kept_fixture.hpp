// The folder of a box that was admitted, for tests that need no TPM.
#pragma once

#include "base/file.hpp"
#include "enroll/kept.hpp"
#include "identity/issue.hpp"

#include <boost/test/unit_test.hpp>
#include <map>

namespace holdfast::enroll {

class KeptBox {
public:
    static constexpr std::int64_t day = 86'400;

    // Admitted at `begin`, for 90 days, below a root that is there.
    KeptBox(const std::filesystem::path& root, std::int64_t begin) : folder_(root / node_folder), begin_(begin) {
        BOOST_REQUIRE(make_directories(folder_).has_value());
        keep("grant", write_grant({.chain = {own_, intermediate_}, .roots = {root_}, .issuing = {}}));
    }
    // The authority's list, with what it says of this box.
    void list(std::uint64_t number, std::optional<identity::Withdrawal> how) const {
        std::map<std::string, identity::Withdrawn> entries;
        if (how) entries[identity::facts_of(own_).value().serial] = {*how, begin_ + day};
        keep("crl", identity::make_crl(issuer(), number, entries, {begin_, begin_ + 30 * day}).value());
    }
    std::string id() const { return id_.uri(); }

private:
    identity::Issuer issuer() const { return {intermediate_, key_.get()}; }
    void keep(const std::string& name, const std::string& bytes) const {
        BOOST_REQUIRE(write_whole(folder_ / name, bytes, 0600).has_value());
    }

    std::filesystem::path folder_;
    std::int64_t begin_;
    identity::SpiffeId id_{"clinic.example", "north", "ventilator-7", {}};
    identity::Key root_key_ = identity::make_key().value(), key_ = identity::make_key().value(),
                  own_key_ = identity::make_key().value();
    std::string root_ =
        identity::make_root(root_key_.get(), "clinic.example", {begin_ - day, begin_ + 3650 * day}).value();
    std::string intermediate_ = identity::make_intermediate({root_, root_key_.get()}, key_.get(), "clinic.example",
                                                            {begin_ - day, begin_ + 1825 * day})
                                    .value();
    std::string own_ =
        identity::make_leaf({intermediate_, key_.get()}, own_key_.get(), id_, {begin_, begin_ + 90 * day}).value();
};

}  // namespace holdfast::enroll
