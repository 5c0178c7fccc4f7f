#include "hub/node.hpp"

#include "base/file.hpp"
#include "enroll/kept.hpp"
#include "hub/validity.hpp"

#include <cstdio>

namespace holdfast::hub {

namespace {

namespace fs = std::filesystem;

constexpr auto stores = "var/lib/holdfast", key_name = "node.key", own_name = "hub";
constexpr std::int64_t days = 365;
constexpr std::uint64_t most = 8 * mebibyte;  // bytes of an answer

Result<identity::Key> key_in(const fs::path& file) {
    std::error_code none;
    if (fs::exists(file, none)) return identity::read_key(file);
    auto made = TRY(identity::make_key());
    TRY(identity::write_key(made, file));
    return made;
}

// Whether the certificate is of that key and half of its time is left.
bool is_good(const std::vector<std::string>& chain, EVP_PKEY* key, std::int64_t now) {
    const auto facts = identity::facts_of(chain.front());
    const auto own = identity::key_of(chain.front());
    return facts && own && EVP_PKEY_eq(own->get(), key) == 1 && now > facts->validity.from &&
           now < facts->validity.until - days * day / 2;
}

}  // namespace

// A grant, as a box has one.
Result<> Node::renew(const fs::path& folder, const Authority& authority, std::int64_t now) {
    const enroll::Kept kept(folder);
    if (const auto before = TRY(kept.identity()); before && is_good(before->grant.chain, key_.get(), now)) {
        chain_ = before->grant.chain;
        roots_ = before->grant.roots;
        return {};
    }
    const auto grant = TRY(authority.own_grant(key_.get(), own_name, valid(now, days)));
    TRY(make_directories(folder / enroll::node_folder));
    TRY(write_whole(folder / enroll::node_folder / "grant", enroll::write_grant(grant)));
    chain_ = grant.chain;
    roots_ = grant.roots;
    return {};
}

Result<Node> Node::open(const fs::path& folder, const Authority& authority, std::int64_t now) {
    Node node;
    const auto place = folder / stores;
    TRY(make_directories(place));
    node.key_ = TRY(key_in(folder / key_name));
    TRY(node.renew(folder, authority, now));
    node.feeds_ = std::make_unique<feed::Store>(TRY(feed::Store::open(place / "feeds.db")));
    node.catalog_ = std::make_unique<catalog::Store>(TRY(catalog::Store::open(place / "catalog.db")));
    node.nodes_ = std::make_unique<sync::Nodes>(TRY(sync::Nodes::open(place / "nodes.db")));
    node.self_ = TRY(node.nodes_->meet(node.chain_, node.roots_)).node.origin;
    TRY(node.catalog_->allow(node.self_, std::string(catalog::Store::everywhere)));
    sync::Replica replica{*node.feeds_, *node.catalog_, *node.nodes_, {}, {}, {}, node.self_};
    TRY(sync::allow_all(replica));
    TRY(node.catalog_->catch_up(*node.feeds_));
    return node;
}

// The list of what was taken back is read anew where it has changed.
Result<> Node::heed(Authority& authority, std::int64_t now) {
    const auto list = TRY(authority.list(now));
    if (list == list_) return {};
    taken_back_ = TRY(identity::read_crl(list, chain_.at(1)));
    list_ = list;
    return {};
}

Result<sync::Answer> Node::answer(std::string_view message, Authority& authority, std::int64_t now) {
    TRY(heed(authority, now));
    sync::Replica replica{*feeds_,
                          *catalog_,
                          *nodes_,
                          roots_,
                          [this](const auto& chain) { return identity::check_withdrawn(chain, taken_back_); },
                          [&](const sync::Node& forked) { return take_back(forked, authority, now); },
                          self_};
    const sync::Own own{chain_, [this](std::string_view said) { return identity::sign(key_.get(), said); }, now};
    return sync::answer(replica, own, message, most);
}

Result<> Node::take_back(const sync::Node& forked, Authority& authority, std::int64_t now) {
    const auto id = TRY(identity::SpiffeId::parse(forked.id));
    TRY(authority.quarantine(id.site, id.box, "it has signed two histories of one feed", "holdfast hub", now));
    std::fprintf(stderr, "%s has signed two histories and is in quarantine; look with: holdfast hub list\n",
                 forked.id.c_str());
    return {};
}

Result<bool> Node::release(const std::string& site, const std::string& name) {
    bool any = false;
    for (const auto& node : TRY(nodes_->of_site(site)))
        if (TRY(identity::SpiffeId::parse(node.id)).box == name) any = TRY(nodes_->release(node.origin)) || any;
    return any;
}

}  // namespace holdfast::hub
