#include "programs/sync_nats.hpp"

#include "base/file.hpp"
#include "enroll/issuing.hpp"
#include "nats/config.hpp"
#include "sync/letters.hpp"
#include "sync/settings.hpp"

#include <cstdio>
#include <ctime>

namespace holdfast {

namespace {

namespace fs = std::filesystem;

// The server reads its key from a file, so it is not the box's own: one that the box vouches for, for a week.
Result<nats::Pem> papers_of(const Leaf& wish, const enroll::Identity& box) {
    auto own = TRY(in("a leaf needs a certificate of this box",
                      enroll::OwnAuthority::open(wish.tcti, enroll::Node(wish.root), box)));
    const auto key = TRY(identity::make_key());
    const auto svid = TRY(own.give(key.get(), "nats", std::time(nullptr), identity::svid_longest));
    return nats::Pem{identity::pem_of(svid.chain), TRY(identity::private_pem(key)), identity::pem_of(box.grant.roots)};
}

}  // namespace

Result<int> write_leaf(const Leaf& wish) {
    const auto settings = TRY(sync::load_settings(wish.root));
    if (settings.nats.empty())
        return fail(Code::NotFound,
                    "nobody wants a leaf here; write the servers of the hub into /etc/holdfast/sync.yaml: nats: "
                    "[tls://HOST:7422]");
    const auto box = TRY(enroll::Kept(wish.root).this_box());
    const auto name = sync::letter_name(TRY(digest_of(box.certificate.fingerprint)));
    const auto papers = TRY(papers_of(wish, box));
    nats::Server server{
        .name = name, .domain = name, .store = wish.root / nats_store, .store_bytes = 2 * settings.letters};
    server.user = "holdfast";
    server.hubs = settings.nats;
    const fs::path folder = wish.folder.empty() ? wish.root / nats_folder : wish.folder;
    TRY(nats::write_files(folder, server, papers, wish.group));
    std::printf("%s\n", (folder / "server.conf").c_str());
    return 0;
}

}  // namespace holdfast
