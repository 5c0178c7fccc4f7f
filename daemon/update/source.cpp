#include "update/source.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "content/bundle_file.hpp"
#include "content/unbundle.hpp"

#include <algorithm>

namespace holdfast::update {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t entries_limit = 4096;  // of a stick's top folder

Result<std::string> commit_in(const std::string& text, const std::string& place) {
    const std::string commit(trim(text));
    if (!is_sha256(commit))
        return fail(Code::Corrupt, place + " holds no commit; is this a repository made by 'publish'?");
    return commit;
}

bool runs(const Basis& basis, const std::string& commit) {
    return !basis.have.empty() && basis.have.front() == commit;
}

// The content of that ref among those of the bundle.
Result<Offer> offer_of(const content::Header& header, const Basis& basis, const std::string& bundle) {
    Offer offer{.bundle = bundle, .header = header};
    std::vector<std::string> others;
    for (std::size_t i = 0; i < header.contents.size(); ++i) {
        others.push_back(header.contents[i].ref);
        if (header.contents[i].ref != basis.ref) continue;
        offer.content = i;
        offer.commit = header.contents[i].commit;
        offer.facts = TRY(content::parse_commit(header.contents[i].object));
        return offer;
    }
    return fail(Code::NotFound, http::shown(bundle) + " has nothing of '" + basis.ref +
                                    "', which this box follows; it holds: " + join(others, ", "));
}

Result<> check(const Offer& offer, const Basis& basis) {
    return in(http::shown(offer.bundle),
              content::check_content(offer.header, offer.header.contents[offer.content], basis.sysroot, basis.trust));
}

// ---- a published repository, wherever it is -----------------------------------------------------------------------

class Place {
public:
    virtual ~Place() = default;
    virtual Result<std::string> small(const std::string& name) = 0;
    virtual Result<Offer> bundle(const std::string& name, const std::string& to, const std::string& from) = 0;
};

class Online final : public Place {
public:
    Online(Link& link, const std::string& url, const Basis& basis) : link_(link), url_(url), basis_(basis) {}

    Result<std::string> small(const std::string& name) override {
        auto fetched = link_.client.fetch_whole({.url = url_ + "/" + name,
                                                 .stall = link_.stall,
                                                 .ca_file = link_.certificate_authority,
                                                 .stop = link_.stop},
                                                512);
        if (fetched || fetched.error().code != Code::NotFound) return fetched;
        return fail(Code::NotFound, fetched.error().what +
                                        "; either that is no folder of 'holdfast-image publish', or " +
                                        "it has nothing of '" + basis_.ref + "', which this box follows");
    }

    Result<Offer> bundle(const std::string& name, const std::string& to, const std::string& from) override {
        TRY(make_directories(basis_.downloads));
        const fs::path file =
            basis_.downloads / (to.substr(0, 16) + "-" + (from.empty() ? "full" : from.substr(0, 16)) + ".bundle");
        auto intake = TRY(content::Intake::open(file, basis_.trust));
        auto fetched = fetch(link_, url_ + "/" + name, intake, Until::Header);
        auto offer = fetched ? offer_of(*intake.header(), basis_, url_ + "/" + name) : std::unexpected(fetched.error());
        if (!offer) {
            // Nothing stays of what is not there or cannot be believed; what a broken line left is worth keeping.
            if (intake.have() == 0) fs::remove(file);
            return offer;
        }
        offer->file = file;
        offer->size = intake.total();
        offer->missing = intake.total() - intake.have();
        return offer;
    }

private:
    Link& link_;
    const std::string& url_;
    const Basis& basis_;
};

class Folder final : public Place {
public:
    Folder(const fs::path& folder, const Basis& basis) : folder_(folder), basis_(basis) {}
    Result<std::string> small(const std::string& name) override { return read_whole(folder_ / name, 512); }
    Result<Offer> bundle(const std::string& name, const std::string&, const std::string&) override {
        return open(folder_ / name, basis_);
    }
    static Result<Offer> open(const fs::path& file, const Basis& basis) {
        const auto bundle = TRY(content::BundleFile::open(file, basis.trust));
        auto offer = TRY(offer_of(bundle.header(), basis, file.string()));
        offer.file = file;
        offer.size = bundle.header().payload();
        return offer;
    }

private:
    const fs::path& folder_;
    const Basis& basis_;
};

Result<std::optional<Offer>> look_published(Place& place, const Basis& basis) {
    const std::string name = "refs/heads/" + basis.ref;
    const std::string text = TRY(place.small(name));
    const std::string to = TRY(commit_in(text, name));
    if (runs(basis, to)) return std::nullopt;
    std::vector<std::string> from;
    if (!basis.full_only) from = basis.have;
    from.emplace_back();
    Error why{Code::NotFound, ""};
    for (const auto& each : from) {
        auto offer = place.bundle(content::bundle_path(to, each), to, each);
        if (offer && offer->commit != to)
            return fail(Code::Denied,
                        http::shown(offer->bundle) + " brings another commit than " + to + ", which was asked for");
        auto usable = offer ? check(*offer, basis) : std::unexpected(offer.error());
        if (usable) return std::optional(*std::move(offer));
        // Not there, or not for this box: the next one may be.
        if (usable.error().code != Code::NotFound) return std::unexpected(usable.error());
        why = usable.error();
    }
    return fail(Code::NotFound, "no bundle to commit " + to + " that this box could use: " + why.what);
}

// ---- bundles in a folder, as on a stick ---------------------------------------------------------------------------

Result<std::vector<fs::path>> bundles_in(const fs::path& folder) {
    std::vector<fs::path> found;
    std::error_code error;
    std::size_t seen = 0;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        if (++seen > entries_limit) return fail(Code::Corrupt, folder.string() + " has too many files to look through");
        const std::string name = entry.path().filename().string();
        if (name.ends_with(".bundle") || name.ends_with(".bundle.000")) found.push_back(entry.path());
    }
    if (error) return std::unexpected(system_error(error.value(), folder, "cannot list"));
    std::ranges::sort(found);
    return found;
}

// The newest that this box can use; of several to the same commit the smallest.
Result<std::optional<Offer>> look_bundles(const fs::path& folder, const Basis& basis) {
    std::optional<Offer> best;
    std::optional<Error> why;
    for (const auto& file : TRY(bundles_in(folder))) {
        auto offer = Folder::open(file, basis);
        if (offer && runs(basis, offer->commit)) {
            why = Error{Code::NotFound, "what is there runs already"};
            continue;
        }
        const auto usable = offer ? check(*offer, basis) : std::unexpected(offer.error());
        if (!usable)
            why = usable.error();
        else if (!best || offer->facts.time > best->facts.time ||
                 (offer->facts.time == best->facts.time && offer->size < best->size))
            best = *std::move(offer);
    }
    if (best || (why && why->what == "what is there runs already")) return best;
    if (why) return std::unexpected(*why);
    return fail(Code::NotFound, folder.string() + " holds no published repository and no *.bundle");
}

Result<std::optional<Offer>> look_bundle(const fs::path& file, const Basis& basis) {
    if (std::error_code none; !fs::exists(file, none) && !fs::exists(content::part_name(file, 0), none))
        return fail(Code::NotFound, "there is no " + file.string() +
                                        "; a source is an http(s) URL, a folder of 'holdfast-image publish' or with " +
                                        "bundles, a bundle, or the device of a stick");
    auto offer = TRY(Folder::open(file, basis));
    if (runs(basis, offer.commit)) return std::nullopt;
    TRY(check(offer, basis));
    return offer;
}

}  // namespace

bool is_online(const std::string& source) {
    return source.starts_with("http://") || source.starts_with("https://");
}

Result<std::optional<Offer>> look(Link& link, const std::string& source, const Basis& basis) {
    if (is_online(source)) {
        Online online(link, source, basis);
        return look_published(online, basis);
    }
    std::error_code none;
    const fs::path path(source);
    if (!fs::is_directory(path, none)) return look_bundle(path, basis);
    if (!fs::is_directory(path / "refs/heads", none)) return look_bundles(path, basis);
    Folder folder(path, basis);
    return look_published(folder, basis);
}

Result<> room_to_fetch(const Offer& offer, const Basis& basis) {
    if (!is_online(offer.bundle)) return {};
    const std::uint64_t free = TRY(space_at(basis.downloads)).free;
    if (offer.missing + (16UL << 20U) <= free) return {};
    return fail(Code::NoSpace, basis.downloads.string() + ": " + std::to_string(offer.missing >> 20U) +
                                   " MiB to fetch, " + std::to_string(free >> 20U) + " MiB free; nothing was fetched");
}

Result<> room_to_unpack(const Offer& offer, const Basis& basis) {
    return content::room_for(offer.header, basis.sysroot);
}

bool fits_at_all(const Offer& offer, const Basis& basis) {
    const auto space = space_at(basis.sysroot / "ostree/repo");
    std::uint64_t size = 0;
    for (const auto& each : offer.header.contents) size += each.unpacked;
    return space && size < space->whole;
}

Result<> get(Link& link, const Offer& offer, const Basis& basis, const Fetched& progress) {
    if (!is_online(offer.bundle)) return {};
    auto intake = TRY(content::Intake::open(offer.file, basis.trust));
    return fetch(link, offer.bundle, intake, Until::Whole, progress);
}

}  // namespace holdfast::update
